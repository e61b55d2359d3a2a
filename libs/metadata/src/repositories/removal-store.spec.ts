import { randomUUID } from 'node:crypto';
import { parseTag, type RepositoryName } from '#oci';
import { CollectionStore } from '../collection/collection-store.js';
import { MaintenanceStore } from '../maintenance/maintenance-store.js';
import { ManifestStore } from '../manifests/manifest-store.js';
import { TagHistoryStore } from '../tags/tag-history-store.js';
import { aManifest, aRepository, digest, pushBlob, until } from '../testing/fixtures.js';
import { withDatabase } from '../testing/index.js';
import { UploadSessionStore } from '../uploads/upload-session-store.js';
import { clearing } from './removal-statements.js';
import { RemovalStore, type ClearedBatch } from './removal-store.js';
import { RepositoryStore } from './repository-store.js';

const database = withDatabase();
const removals = () => new RemovalStore(database.connect());

/** A repository with all there can be: blobs, an index of an image, tags, history, an open upload. */
async function aFullRepository() {
  const name = aRepository();
  const [uploads, manifests] = [new UploadSessionStore(database.db), new ManifestStore(database.db)];
  const blobs = [digest(), digest()];
  for (const blob of blobs) await pushBlob(uploads, name, blob);
  const image = aManifest([blobs[0]!], { tags: ['v1'] });
  const index = aManifest([image.digest], { kind: 'child', tags: ['v1', 'latest'] });
  const signature = aManifest([], { subject: index.digest, tags: [`sha256-${index.digest.slice(7)}.sig`] });
  for (const manifest of [image, index, signature]) expect(await manifests.put(name, manifest)).toMatchObject({ outcome: 'stored' });
  const open = randomUUID();
  await uploads.begin(name, { id: open, storage: { offset: 0 }, algorithm: 'sha256' });
  return { name, manifests, uploads, blobs, image, open };
}

async function clearAll(limit: number): Promise<Record<string, number>> {
  const store = removals();
  const cleared: Record<string, number> = {};
  for (let id = await store.next(); id !== null; id = await store.next())
    for (let batch = await store.clear(id, limit); batch; batch = await store.clear(id, limit)) {
      expect(batch.removed).toBeLessThanOrEqual(limit);
      cleared[batch.kind] = (cleared[batch.kind] ?? 0) + batch.removed;
    }
  return cleared;
}

const hidden = () => database.sql<{ name: string }>(`select name from repositories where name > '~'`);

afterEach(() => database.sql('truncate repositories, tag_history, maintenance_runs, outbox, reviews, blobs cascade'));

describe('removing a repository', () => {
  it('takes it away at once, and asks for what it had to be cleared away', async () => {
    const { name, manifests, image } = await aFullRepository();
    const run = (await removals().remove(name))!;
    const repositories = new RepositoryStore(database.db);
    expect(await repositories.policy(name)).toBeNull();
    expect(await manifests.find(name, { tag: parseTag('v1') })).toBeNull();
    expect(await manifests.find(name, { digest: image.digest })).toBeNull();
    expect((await repositories.page({ limit: 10 })).names).toEqual([]);
    expect(await new TagHistoryStore(database.db).page(name, { limit: 5 })).toBeNull();
    expect(await new MaintenanceStore(database.db).find(run)).toMatchObject({
      kind: 'removal',
      state: 'waiting',
      options: { repository: name },
    });
    expect(await removals().remove(name)).toBeNull();
  });

  it.each([1, 3, 1_000])(
    'clears away everything, %d rows at a time, and has its blobs collected and its upload given up',
    async (limit) => {
      const { name, blobs, open } = await aFullRepository();
      const other = await aFullRepository();
      const uploads = new UploadSessionStore(database.db);
      await pushBlob(uploads, other.name, blobs[0]!);
      await removals().remove(name);
      expect(await clearAll(limit)).toEqual({ uploads: 1, references: 2, tags: 3, manifests: 3, links: 2, moves: 4 });
      expect(await hidden()).toEqual([]);
      expect(await database.sql('select kind, key from outbox where kind = $1', ['abort-upload'])).toEqual([
        { kind: 'abort-upload', key: open },
      ]);
      // The shared blob stays, the other goes.
      const collection = new CollectionStore(database.db, { blobGraceSeconds: 0, blobLingerSeconds: 0 });
      expect(await collection.collectBlobs(100)).toMatchObject({ collected: 1 });
      const left = await database.sql<{ digest: string }>('select digest_text(digest) as digest from blobs');
      expect(left.map((row) => row.digest).toSorted()).toEqual([blobs[0]!, ...other.blobs].toSorted());
      expect(await other.manifests.find(other.name, { tag: parseTag('latest') })).not.toBeNull();
    },
  );

  it('waits for rows that another run has in hand, and goes on with the next of their kind', async () => {
    await removals().remove((await aFullRepository()).name);
    const repository = (await removals().next())!;
    const other = new RemovalStore(database.connect({ applicationName: 'other' }));
    expect(await other.clear(repository, 1)).toEqual({ kind: 'uploads', removed: 1 });
    let cleared: Promise<ClearedBatch | null> | undefined;
    await database.db.main.transaction(async (transaction) => {
      await transaction.query(clearing.references, [repository, 1]);
      cleared = other.clear(repository, 1);
      const waiting = `select from pg_stat_activity where application_name = 'other' and wait_event_type = 'Lock'`;
      await until(async () => (await database.sql(waiting)).length > 0);
    });
    // Tags and manifests would come too early: the second reference is still there.
    expect(await cleared).toEqual({ kind: 'references', removed: 0 });
    expect(await clearAll(1)).toEqual({ references: 1, tags: 3, manifests: 3, links: 2, moves: 4 });
  });

  it('is taken up again by one of many workers where its run broke off, and not while one is at work', async () => {
    const resumed = async () => (await Promise.all(Array.from({ length: 8 }, () => removals().resume()))).filter(Boolean).length;
    expect(await resumed()).toBe(0);
    const run = (await removals().remove((await aFullRepository()).name))!;
    expect(await resumed()).toBe(0);
    const runs = new MaintenanceStore(database.db);
    await runs.cancel(run);
    expect(await resumed()).toBe(1);
    expect(await runs.list()).toMatchObject([{ kind: 'removal', scheduled: true, state: 'waiting' }, { id: run }]);
    const again = (await runs.claim({ kind: 'removal', scheduled: true }))!;
    await runs.finish(again, { error: 'no luck' });
    expect(await resumed()).toBe(0);
    await database.sql(`update maintenance_runs set requested_at = requested_at - interval '6 minutes'`);
    expect(await resumed()).toBe(1);
    await runs.cancel((await runs.list({ limit: 1 }))[0]!.id);
    await clearAll(1_000);
    await database.sql(`update maintenance_runs set requested_at = requested_at - interval '6 minutes'`);
    expect(await resumed()).toBe(0);
  });

  it('leaves the name to whoever pushes next', async () => {
    const { name, manifests } = await aFullRepository();
    await removals().remove(name);
    const manifest = aManifest([], { tags: ['v1'] });
    expect(await manifests.put(name, manifest)).toEqual({ outcome: 'stored', created: true });
    await clearAll(1_000);
    expect((await manifests.find(name, { tag: parseTag('v1') }))?.digest).toBe(manifest.digest);
    expect(await new RepositoryStore(database.db).policy(name)).toEqual({});
  });

  it('while others push loses nothing that came afterwards, and leaves nothing behind', async () => {
    const name: RepositoryName = aRepository();
    const processes = [database.connect(), database.connect()];
    let [acknowledged, over] = [0, false];
    const push = async (turn: number) => {
      const [uploads, manifests] = [new UploadSessionStore(processes[turn % 2]!), new ManifestStore(processes[turn % 2]!)];
      while (!over) {
        const blob = digest();
        await pushBlob(uploads, name, blob);
        // Missing where the repository went in between: then the client would push the blob again.
        const { outcome } = await manifests.put(name, aManifest([blob], { tags: [`t${turn}`] }));
        if (outcome === 'stored') acknowledged += 1;
      }
    };
    const store = removals();
    const remove = async () => {
      for (let removed = 0; removed < 5;) {
        const enough = acknowledged + 10;
        await until(async () => acknowledged >= enough);
        if ((await store.remove(name)) !== null) removed += 1;
        await clearAll(50);
      }
    };
    await Promise.all([remove().finally(() => (over = true)), ...Array.from({ length: 8 }, (_, turn) => push(turn))]);
    const manifests = new ManifestStore(database.db);
    const last = aManifest([], { tags: ['last'] });
    await manifests.put(name, last);
    await clearAll(50);
    expect(await hidden()).toEqual([]);
    expect((await manifests.find(name, { tag: parseTag('last') }))?.digest).toBe(last.digest);
    const forgotten = await database.sql(
      `select from blobs b where not exists (select from blob_links l where l.digest = b.digest)
       and not exists (select from reviews v where v.kind = 'blob' and v.digest = b.digest)`,
    );
    expect(forgotten).toEqual([]);
    const ownerless = 'select from tag_history h where not exists (select from repositories r where r.id = h.repository)';
    expect(await database.sql(ownerless)).toEqual([]);
  });
});
