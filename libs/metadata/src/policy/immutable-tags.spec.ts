import { parseTag, type Tag } from '#oci';
import { ManifestStore } from '../manifests/manifest-store.js';
import { RepositoryStore } from '../repositories/repository-store.js';
import { TagStore } from '../tags/tag-store.js';
import { aManifest, aRepository } from '../testing/fixtures.js';
import { withDatabase } from '../testing/index.js';

const database = withDatabase();
const held = (...tags: string[]) => ({ outcome: 'immutable', tags: tags.map((tag) => ({ tag, pattern: 'v*' })) });
const stored = (created: boolean) => ({ outcome: 'stored', created });

/** A repository where v1 and latest point to one manifest, and tags that begin with v stay. */
async function guarded() {
  const name = aRepository();
  const manifests = new ManifestStore(database.connect());
  const first = aManifest([], { tags: ['v1', 'latest'] });
  await manifests.put(name, first);
  const repositories = new RepositoryStore(database.db);
  await repositories.setPolicy(name, { immutableTags: ['x*', 'v*'] });
  const digestOf = async (tag: string) => (await manifests.find(name, { tag: parseTag(tag) }))?.digest;
  return { name, manifests, repositories, first, digestOf };
}

describe('an immutable tag', () => {
  it('can be made, and pushed again as it is', async () => {
    const { name, manifests, first } = await guarded();
    expect(await manifests.put(name, first)).toEqual(stored(false));
    const other = aManifest([], { tags: ['v2'] });
    expect([await manifests.put(name, other), await manifests.put(name, other)]).toEqual([stored(true), stored(false)]);
  });

  it('does not move, and nothing of a push that would move it happens', async () => {
    const { name, manifests, first, digestOf } = await guarded();
    const other = aManifest([], { tags: ['v3', 'v1', 'latest'] });
    expect(await manifests.put(name, other)).toEqual(held('v1'));
    expect([await digestOf('v1'), await digestOf('latest'), await digestOf('v3')]).toEqual([first.digest, first.digest, undefined]);
    expect(await manifests.find(name, { digest: other.digest })).toBeNull();
    expect(await manifests.put(name, { ...other, tags: [parseTag('latest')] })).toEqual(stored(true));
  });

  it('is not deleted, nor is its manifest', async () => {
    const { name, manifests, first, digestOf } = await guarded();
    const tags = new TagStore(database.connect());
    expect(await tags.delete(name, parseTag('v1'))).toEqual(held('v1'));
    expect(await manifests.delete(name, first.digest)).toEqual(held('v1'));
    expect(await tags.delete(name, parseTag('v9'))).toEqual({ outcome: 'unknown' });
    expect(await tags.delete(name, parseTag('latest'))).toEqual({ outcome: 'deleted' });
    expect(await digestOf('v1')).toBe(first.digest);
  });

  it('is free again when the rule is gone, for processes that know the rule too', async () => {
    const { name, manifests, repositories, first } = await guarded();
    const [other, tags] = [aManifest([], { tags: ['v1'] }), new TagStore(database.connect())];
    expect(await manifests.put(name, other)).toEqual(held('v1'));
    expect(await tags.delete(name, parseTag('v1'))).toEqual(held('v1'));
    await repositories.setPolicy(name, {});
    expect(await manifests.put(name, other)).toEqual(stored(true));
    expect(await tags.delete(name, parseTag('v1'))).toEqual({ outcome: 'deleted' });
    expect(await manifests.delete(name, first.digest)).toEqual({ outcome: 'deleted' });
  });

  it('has one digest for good, however many push it first', async () => {
    const { name } = await guarded();
    for (let round = 0; round < 10; round += 1) {
      const tags: Tag[] = [parseTag(`v-race-${round}`)];
      const pushed = Array.from({ length: 8 }, () => ({ ...aManifest([]), tags }));
      const stores = Array.from({ length: 4 }, () => new ManifestStore(database.db));
      const outcomes = await Promise.all(pushed.map((manifest, i) => stores[i % 4]!.put(name, manifest)));
      const won = pushed.filter((_, i) => outcomes[i]!.outcome === 'stored');
      expect(won).toHaveLength(1);
      expect((await stores[0]!.find(name, { tag: tags[0]! }))?.digest).toBe(won[0]!.digest);
    }
  });

  it('stays as it is from the moment the rule is set, under pushes that do not know it', async () => {
    const tag = parseTag('v1');
    for (let round = 0; round < 20; round += 1) {
      const name = aRepository();
      const manifests = new ManifestStore(database.db);
      await manifests.put(name, aManifest([], { tags: ['v1'] }));
      const pushes = Array.from({ length: 6 }, () => manifests.put(name, aManifest([], { tags: ['v1'] })));
      await new RepositoryStore(database.db).setPolicy(name, { immutableTags: ['v*'] });
      const then = (await manifests.find(name, { tag }))?.digest;
      await Promise.all(pushes);
      expect((await manifests.find(name, { tag }))?.digest).toBe(then);
    }
    expect(await database.sql('select deadlocks::int from pg_stat_database where datname = current_database()')).toEqual([
      { deadlocks: 0 },
    ]);
  });
});

describe('the price of rules', () => {
  const counted = async (db: ReturnType<typeof database.connect>, work: () => Promise<unknown>) => {
    const before = new Map(db.statementCounts());
    await work();
    const sent = [...db.statementCounts()].map(([name, count]): [string, number] => [name, count - (before.get(name) ?? 0)]);
    return Object.fromEntries(sent.filter(([, count]) => count > 0)) as Record<string, number>;
  };

  it('is nothing where there are none, and a look at the tag where one speaks of it', async () => {
    const { name } = await guarded();
    const db = database.connect();
    const [manifests, tags] = [new ManifestStore(db), new TagStore(db)];
    const free = aRepository();
    await manifests.put(free, aManifest([]));
    const push = (where: typeof name, tag: string) => counted(db, () => manifests.put(where, aManifest([], { tags: [tag] })));
    expect(await push(free, 'v1')).toEqual({ put_manifests: 1 });
    expect(await counted(db, () => tags.delete(free, parseTag('v1')))).toEqual({ delete_tag: 1 });
    expect(await push(name, 'dev')).toEqual({ put_manifests: 2 });
    expect(await push(name, 'dev')).toEqual({ put_manifests: 1 });
    expect(await push(name, 'v5')).toEqual({ put_manifests: 1, tags_elsewhere: 1 });
  });
});
