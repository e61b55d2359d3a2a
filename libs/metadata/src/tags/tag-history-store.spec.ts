import { parseTag, type RepositoryName } from '#oci';
import { ManifestStore } from '../manifests/manifest-store.js';
import { RepositoryStore } from '../repositories/repository-store.js';
import { aManifest, aRepository, digest } from '../testing/fixtures.js';
import { withDatabase } from '../testing/index.js';
import { TagHistoryStore, type HistoryPage } from './tag-history-store.js';
import { TagStore } from './tag-store.js';

const database = withDatabase();
const latest = parseTag('latest');

async function moved() {
  const name = aRepository();
  const manifests = new ManifestStore(database.db);
  const [first, second] = [aManifest([], { tags: ['latest'] }), aManifest([], { tags: ['latest', 'v2'] })];
  for (const manifest of [first, second]) await manifests.put(name, manifest);
  await new TagStore(database.db).delete(name, latest);
  const history = new TagHistoryStore(database.connect());
  const pointsTo = async () => (await manifests.find(name, { tag: latest }))?.digest;
  return { name, manifests, first: first.digest, second: second.digest, history, pointsTo };
}

async function inPages(history: TagHistoryStore, name: RepositoryName, page: HistoryPage) {
  const all: string[] = [];
  for (let before: number | undefined; ;) {
    const entries = (await history.page(name, { ...page, before }))!;
    if (entries.length === 0) return all;
    all.push(...entries.map((entry) => `${entry.tag} ${entry.digest} ${entry.stored}`));
    before = entries.at(-1)!.id;
  }
}

describe('the history of tags', () => {
  it('is shown newest first, of one or of all, in pages', async () => {
    const { name, manifests, first, second, history } = await moved();
    await manifests.delete(name, first);
    const ofLatest = ['latest null false', `latest ${second} true`, `latest ${first} false`];
    for (const limit of [1, 2, 10]) {
      expect(await inPages(history, name, { tag: latest, limit })).toEqual(ofLatest);
      expect((await inPages(history, name, { limit })).toSorted()).toEqual([...ofLatest, `v2 ${second} true`].toSorted());
    }
    expect((await inPages(history, name, { limit: 1 }))[0]).toBe(ofLatest[0]);
    expect(await history.page(name, { tag: parseTag('other'), limit: 5 })).toEqual([]);
    expect(await history.page(aRepository(), { limit: 5 })).toBeNull();
  });

  it('leads back: from a deletion, and from a move', async () => {
    const { name, first, second, history, pointsTo } = await moved();
    expect(await history.restore(name, latest, first)).toEqual({ outcome: 'restored' });
    expect(await pointsTo()).toBe(first);
    expect(await history.restore(name, latest, second)).toEqual({ outcome: 'restored' });
    expect(await history.restore(name, latest, second)).toEqual({ outcome: 'unchanged' });
    expect(await pointsTo()).toBe(second);
    expect((await inPages(history, name, { tag: latest, limit: 2 })).slice(0, 3)).toEqual([
      `latest ${second} true`,
      `latest ${first} true`,
      'latest null false',
    ]);
  });

  it('does not lead where the tag never was, or where nothing is any more', async () => {
    const { name, manifests, first, history } = await moved();
    const stranger = aManifest([]);
    await manifests.put(name, stranger);
    for (const target of [stranger.digest, digest()]) expect(await history.restore(name, latest, target)).toEqual({ outcome: 'unknown' });
    await manifests.delete(name, first);
    expect(await history.restore(name, latest, first)).toEqual({ outcome: 'unknown' });
    expect(await history.restore(aRepository(), latest, first)).toEqual({ outcome: 'unknown' });
  });

  it('leads nowhere for a tag that a rule keeps as it is, but back into being', async () => {
    const { name, first, second, history, pointsTo } = await moved();
    await new RepositoryStore(database.db).setPolicy(name, { immutableTags: ['latest'] });
    expect(await history.restore(name, latest, first)).toEqual({ outcome: 'restored' });
    const outcome = { outcome: 'immutable', tags: [{ tag: latest, pattern: 'latest' }] };
    expect(await history.restore(name, latest, second)).toEqual(outcome);
    expect(await pointsTo()).toBe(first);
  });

  it("has cosign's tags tied again", async () => {
    const name = aRepository();
    const tag = parseTag(`sha256-${'a'.repeat(64)}.sig`);
    const manifest = aManifest([], { tags: [tag] });
    await new ManifestStore(database.db).put(name, manifest);
    await new TagStore(database.db).delete(name, tag);
    await database.sql('delete from outbox');
    await new TagHistoryStore(database.db).restore(name, tag, manifest.digest);
    expect(await database.sql('select kind, key from outbox')).toEqual([{ kind: 'index-referrers', key: `${name}:${tag}` }]);
  });
});
