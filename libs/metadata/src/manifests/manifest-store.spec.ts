import { jest } from '@jest/globals';
import { parseTag, type Digest, type RepositoryName } from '#oci';
import { BlobStore } from '../blobs/blob-store.js';
import { RepositoryStore } from '../repositories/repository-store.js';
import { TagStore } from '../tags/tag-store.js';
import { withDatabase } from '../testing/index.js';
import { aManifest, aRepository, digest, pushBlob } from '../testing/fixtures.js';
import { UploadSessionStore } from '../uploads/upload-session-store.js';
import { ManifestStore } from './manifest-store.js';

const database = withDatabase();
const push = (name: RepositoryName, ...blobs: Digest[]) =>
  Promise.all(blobs.map((blob) => pushBlob(new UploadSessionStore(database.db), name, blob)));
const due = (kind: string) =>
  database.sql<{ key: string; payload: unknown }>('select key, payload from outbox where kind = $1 order by id', [kind]);
const tag = (text: string) => ({ tag: parseTag(text) });

describe('pushing a manifest', () => {
  it('makes it, its tags and its work due; at once readable elsewhere, byte for byte', async () => {
    const name = aRepository();
    const blob = digest();
    await push(name, blob);
    const manifest = aManifest([blob], { tags: ['b', 'a', 'a'], artifactType: 'application/x' });
    expect(await new ManifestStore(database.db).put(name, manifest)).toEqual({ outcome: 'stored', created: true });
    const elsewhere = new ManifestStore(database.connect());
    const { mediaType, payload } = manifest;
    const expected = { digest: manifest.digest, mediaType, payload, size: payload.length };
    const summary = { digest: manifest.digest, mediaType, size: payload.length };
    const asking = database.connect();
    expect(await new ManifestStore(asking).summarise(name, tag('a'))).toEqual(summary);
    expect(await new ManifestStore(asking).summarise(name, { digest: manifest.digest })).toEqual(summary);
    expect(await new ManifestStore(asking).summarise(name, tag('c'))).toBeNull();
    expect(asking.statementCounts().has('find_payloads')).toBe(false);
    expect(await elsewhere.find(name, { digest: manifest.digest })).toEqual(expected);
    expect(await elsewhere.find(name, tag('a'))).toEqual(expected);
    expect(await elsewhere.find(name, tag('c'))).toBeNull();
    expect(await elsewhere.find(aRepository(), { digest: manifest.digest })).toBeNull();
    expect((await due('index-manifest')).at(-1)).toEqual({
      key: `${name}@${manifest.digest}`,
      payload: { repository: name, digest: manifest.digest, size: payload.length },
    });
    expect(await new ManifestStore(database.db).put(name, manifest)).toEqual({ outcome: 'stored', created: false });
    expect(await due('index-manifest')).toHaveLength(1);
  });

  it('is found by a tag that moves to it while the manifest it leaves is deleted', async () => {
    const name = aRepository();
    const [before, after] = [aManifest([], { tags: ['v1'] }), aManifest([], { tags: ['v1'] })];
    const manifests = new ManifestStore(database.db);
    await manifests.put(name, before);
    const asking = database.connect();
    const arrays = asking.main.arrays.bind(asking.main);
    // Right after the statement that says where the tag points to, before the one that asks for the payload.
    jest.spyOn(asking.main, 'arrays').mockImplementationOnce(async <Row extends unknown[]>(...asked: Parameters<typeof arrays>) => {
      const rows = await arrays<Row>(...asked);
      await manifests.put(name, after);
      await manifests.delete(name, before.digest);
      return rows;
    });
    expect(await new ManifestStore(asking).find(name, tag('v1'))).toMatchObject({ digest: after.digest });
    expect(await new ManifestStore(asking).find(name, { digest: before.digest })).toBeNull();
  });

  it('answers all that is missing, and leaves nothing then', async () => {
    const name = aRepository();
    const [there, damaged, ...missing] = [digest(), digest(), digest(), digest(undefined, 'sha512')] as const;
    await push(name, there, damaged);
    await push(aRepository(), missing[0]);
    await database.sql(`update blobs set damaged_at = now() where digest_text(digest) = $1`, [damaged]);
    const manifests = new ManifestStore(database.db);
    const manifest = aManifest([there, damaged, ...missing, missing[0]], { tags: ['v1'] });
    const outcome = await manifests.put(name, manifest);
    expect(outcome.outcome === 'missing' && [...outcome.digests].sort()).toEqual([damaged, ...missing].sort());
    expect(await manifests.find(name, tag('v1'))).toBeNull();
    expect(await manifests.find(name, { digest: manifest.digest })).toBeNull();
  });

  it('works in a repository that nobody has seen, and with 20,000 references', async () => {
    const manifests = new ManifestStore(database.db);
    const name = aRepository();
    expect(await manifests.put(name, aManifest([]))).toEqual({ outcome: 'stored', created: true });
    const references = Array.from({ length: 20_000 }, (_, i) => digest(`layer ${i}`));
    const outcome = await manifests.put(name, aManifest(references));
    expect(outcome.outcome === 'missing' && outcome.digests.length).toBe(20_000);
  });

  it('moves tags, with their history', async () => {
    const manifests = new ManifestStore(database.db);
    const name = aRepository();
    const [first, second] = [aManifest([], { tags: ['latest'] }), aManifest([], { tags: ['latest', 'v2'] })];
    for (const manifest of [first, second, second]) await manifests.put(name, manifest);
    expect(await manifests.find(name, tag('latest'))).toMatchObject({ digest: second.digest });
    await new TagStore(database.db).delete(name, parseTag('latest'));
    const history = await database.sql(
      `select h.name, digest_text(digest) as digest from tag_history h join repositories r on r.id = repository where r.name = $1 and h.name = 'latest' order by h.id`,
      [name],
    );
    expect(history.map((row) => row.digest)).toEqual([first.digest, second.digest, null]);
  });

  it('takes what is optional when it comes later, and sparse indexes where they are allowed', async () => {
    const manifests = new ManifestStore(database.db);
    const name = aRepository();
    const blob = digest();
    const optional = {
      ...aManifest([blob]),
      references: [{ descriptor: { digest: blob, size: 7 }, kind: 'layer' as const, optional: true }],
    };
    await manifests.put(name, optional);
    await push(name, blob);
    expect(await new BlobStore(database.db).unlink(name, blob)).toEqual({ outcome: 'deleted' });
    await push(name, blob);
    expect(await manifests.put(name, optional)).toEqual({ outcome: 'stored', created: false });
    expect(await new BlobStore(database.db).unlink(name, blob)).toEqual({ outcome: 'inUse', manifests: [optional.digest] });

    const child = aManifest([]);
    const index = aManifest([child.digest], { kind: 'child' });
    expect(await manifests.put(name, index)).toEqual({ outcome: 'missing', digests: [child.digest] });
    await new RepositoryStore(database.db).setPolicy(name, { sparseIndexes: true });
    expect(await manifests.put(name, index)).toEqual({ outcome: 'stored', created: true });
    await manifests.put(name, child);
    expect(await manifests.delete(name, child.digest)).toEqual({ outcome: 'inUse', manifests: [index.digest] });
  });

  it('lets an index have blobs for children', async () => {
    const name = aRepository();
    const blob = digest();
    await push(name, blob);
    expect(await new ManifestStore(database.db).put(name, aManifest([blob], { kind: 'child' }))).toMatchObject({ outcome: 'stored' });
  });

  it("leaves cosign's tags to be tied", async () => {
    const name = aRepository();
    const cosign = `sha256-${'a'.repeat(64)}.sig`;
    await new ManifestStore(database.db).put(name, aManifest([], { tags: ['v1', cosign, `${cosign}.old`] }));
    expect(await due('index-referrers')).toEqual([{ key: `${name}:${cosign}`, payload: { repository: name, tag: cosign } }]);
  });

  it('tags in any order at once without a deadlock', async () => {
    const manifests = new ManifestStore(database.db);
    const name = aRepository();
    const tags = ['a', 'b', 'c', 'd'];
    const pushes = Array.from({ length: 40 }, (_, i) => manifests.put(name, aManifest([], { tags: i % 2 ? tags : tags.toReversed() })));
    expect(await Promise.all(pushes)).toEqual(pushes.map(() => ({ outcome: 'stored', created: true })));
    expect(await database.sql(`select deadlocks from pg_stat_database where datname = current_database()`)).toEqual([{ deadlocks: '0' }]);
  });
});

describe('deleting a manifest', () => {
  it('takes every tag on it along, and reviews what it used', async () => {
    const manifests = new ManifestStore(database.db);
    const name = aRepository();
    const blob = digest();
    await push(name, blob);
    const manifest = aManifest([blob], { tags: ['a', 'b'] });
    await manifests.put(name, manifest);
    await database.sql('delete from reviews');
    expect(await manifests.delete(name, digest())).toEqual({ outcome: 'unknown' });
    expect(await manifests.delete(name, manifest.digest)).toEqual({ outcome: 'deleted' });
    expect(await manifests.delete(name, manifest.digest)).toEqual({ outcome: 'unknown' });
    expect(await manifests.find(name, { digest: manifest.digest })).toBeNull();
    expect(await new TagStore(database.db).page(name, {})).toEqual({ names: [], more: false });
    expect(await database.sql('select kind, digest_text(digest) as digest from reviews')).toEqual([{ kind: 'link', digest: blob }]);
  });

  it('never breaks an index that is pushed at the same time', async () => {
    const manifests = new ManifestStore(database.db);
    const other = new ManifestStore(database.connect());
    for (let round = 0; round < 20; round++) {
      const name = aRepository();
      const child = aManifest([]);
      const index = aManifest([child.digest], { kind: 'child' });
      await manifests.put(name, child);
      const [put, deleted] = await Promise.all([manifests.put(name, index), other.delete(name, child.digest)]);
      expect([put.outcome, deleted.outcome]).toEqual(deleted.outcome === 'inUse' ? ['stored', 'inUse'] : ['missing', 'deleted']);
    }
  });
});

describe('referrers', () => {
  it('are listed in pages, in order, by type', async () => {
    const manifests = new ManifestStore(database.db);
    const name = aRepository();
    const subject = digest();
    const all = Array.from({ length: 5 }, (_, i) =>
      aManifest([], { subject, artifactType: i % 2 ? 'application/odd' : 'application/even' }),
    );
    for (const manifest of all) await manifests.put(name, manifest);
    const sorted = all.toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
    const listed: string[] = [];
    let after: Digest | undefined;
    do {
      const page = await manifests.referrers(name, subject, { after, limit: 2 });
      listed.push(...page.descriptors);
      after = page.next ?? undefined;
    } while (after);
    expect(listed).toEqual(sorted.map(({ referrerDescriptor }) => referrerDescriptor));
    const odd = await manifests.referrers(name, subject, { artifactType: 'application/odd', limit: 10 });
    expect(odd).toEqual({
      descriptors: sorted.filter(({ artifactType }) => artifactType === 'application/odd').map((m) => m.referrerDescriptor),
      next: null,
    });
    expect(await manifests.referrers(aRepository(), subject, { limit: 10 })).toEqual({ descriptors: [], next: null });
  });

  it('fill a page up to 4 MiB, with one of them at least', async () => {
    const manifests = new ManifestStore(database.db);
    const name = aRepository();
    const subject = digest();
    const large = (megabytes: number) => aManifest([], { subject, referrerDescriptor: JSON.stringify('x'.repeat(megabytes * 1_048_576)) });
    for (const megabytes of [5, 3, 3]) await manifests.put(name, large(megabytes));
    const sizes: number[] = [];
    let after: Digest | undefined;
    do {
      const page = await manifests.referrers(name, subject, { after, limit: 10 });
      sizes.push(page.descriptors.length);
      after = page.next ?? undefined;
    } while (after);
    expect(sizes).toEqual([1, 1, 1]);
  });
});
