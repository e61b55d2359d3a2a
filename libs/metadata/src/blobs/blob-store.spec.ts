import { ManifestStore } from '../manifests/manifest-store.js';
import { withDatabase } from '../testing/index.js';
import { aManifest, aRepository, digest, pushBlob } from '../testing/fixtures.js';
import { UploadSessionStore } from '../uploads/upload-session-store.js';
import { BlobStore } from './blob-store.js';

const database = withDatabase();
const push = (...args: [Parameters<typeof pushBlob>[1], Parameters<typeof pushBlob>[2]]) =>
  pushBlob(new UploadSessionStore(database.db), ...args);
const count = async (sql: string, values: unknown[] = []) => Number((await database.sql<{ count: string }>(sql, values))[0]!.count);

describe('finding blobs', () => {
  it('goes by repository, and sees what another process did just before', async () => {
    const [here, there] = [new BlobStore(database.db), new BlobStore(database.connect())];
    const name = aRepository();
    const blob = digest(undefined, 'sha512');
    expect(await there.find(name, blob)).toBeNull();
    const storageKey = await push(name, blob);
    expect(await there.find(name, blob)).toEqual({ size: 7, storageKey });
    expect(await there.find(aRepository(), blob)).toBeNull();
    expect(await here.unlink(name, blob)).toEqual({ outcome: 'deleted' });
    expect(await there.find(name, blob)).toBeNull();
  });

  it('shares statements between those who ask at once', async () => {
    const db = database.connect();
    const blobs = new BlobStore(db);
    const name = aRepository();
    const many = Array.from({ length: 25 }, () => digest());
    await Promise.all(many.slice(0, 20).map((blob) => push(name, blob)));
    const found = await Promise.all([...many, ...many].map((blob) => blobs.find(name, blob)));
    expect(found.filter(Boolean)).toHaveLength(40);
    expect(db.statementCounts().get('find_blobs')).toBe(1);
  });

  it('touches a link only when 1/24 of the grace has gone, and then believes only the touch', async () => {
    const db = database.connect();
    const blobs = new BlobStore(db, { blobGraceSeconds: 2_400 });
    const name = aRepository();
    const [old, young] = [digest(), digest()];
    await Promise.all([push(name, old), push(name, young)]);
    await database.sql(`update blob_links set touched_at = now() - interval '200 seconds' where digest_text(digest) = $1`, [old]);
    await Promise.all([blobs.find(name, old), blobs.find(name, young), blobs.find(name, old)]);
    expect(db.statementCounts().get('touch_links')).toBe(1);
    expect(await count(`select count(*) from blob_links where touched_at < now() - interval '100 seconds'`)).toBe(0);
    await blobs.find(name, old);
    expect(db.statementCounts().get('touch_links')).toBe(1);
  });
});

describe('mounting', () => {
  it('gives a repository what another one has', async () => {
    const blobs = new BlobStore(database.db);
    const [from, to, third] = [aRepository(), aRepository(), aRepository('other')];
    const blob = digest();
    const storageKey = await push(from, blob);
    expect(await blobs.mount(to, digest(), from)).toBe(false);
    expect(await blobs.mount(to, blob, third)).toBe(false);
    expect(await blobs.mount(to, blob, from)).toBe(true);
    expect(await blobs.mount(third, blob)).toBe(true);
    expect(await blobs.mount(third, blob)).toBe(true);
    for (const name of [to, third]) expect(await blobs.find(name, blob)).toEqual({ size: 7, storageKey });
    expect(await count(`select count(*) from reviews where digest_text(digest) = $1`, [blob])).toBe(3);
    await database.sql('update blobs set damaged_at = now() where storage_key = $1', [storageKey]);
    expect(await blobs.mount(aRepository(), blob)).toBe(false);
  });

  it('makes the repository and its tenant once, however many mount into it at once', async () => {
    const [from, to] = [aRepository(), aRepository('mounttenant')];
    const stores = [new BlobStore(database.db), new BlobStore(database.connect())];
    const blobs = await Promise.all(
      Array.from({ length: 16 }, async () => {
        const blob = digest();
        await push(from, blob);
        return blob;
      }),
    );
    const mounted = await Promise.all(blobs.map((blob, i) => stores[i % 2]!.mount(to, blob, from)));
    expect(mounted).toEqual(blobs.map(() => true));
    expect(await database.sql('select tenant, name from repositories where tenant = $1', ['mounttenant'])).toEqual([
      { tenant: 'mounttenant', name: to },
    ]);
  });

  it('many at once is one statement, and each has its own answer', async () => {
    const [from, known] = [aRepository(), aRepository()];
    const [blob, other, absent, damaged] = [digest(), digest(), digest(), digest()];
    await push(from, blob);
    await push(known, other);
    await push(from, damaged);
    await database.sql('update blobs set damaged_at = now() where digest_text(digest) = $1', [damaged]);
    const db = database.connect();
    const blobs = new BlobStore(db);
    const fresh = Array.from({ length: 2 }, (_, i) => aRepository(`tenant${i}`));
    const mounted = await Promise.all([
      ...fresh.map((to) => blobs.mount(to, blob, from)),
      blobs.mount(fresh[0]!, other),
      blobs.mount(known, blob, from),
      blobs.mount(known, other, from),
      blobs.mount(known, absent),
      blobs.mount(known, damaged),
    ]);
    expect(mounted).toEqual([true, true, true, true, false, false, false]);
    expect(db.statementCounts()).toEqual(new Map([['mount_blobs', 1]]));
    for (const to of [...fresh, known]) expect(await blobs.find(to, blob)).not.toBeNull();
    expect(await blobs.find(fresh[0]!, other)).not.toBeNull();
    expect(await blobs.find(fresh[1]!, other)).toBeNull();
  });

  it('makes no repository where there is nothing to mount', async () => {
    const to = aRepository();
    await new BlobStore(database.db).mount(to, digest());
    expect(await count('select count(*) from repositories where name = $1', [to])).toBe(0);
  });

  it('and unlinking at once end in one of two orders', async () => {
    const [here, there] = [new BlobStore(database.db), new BlobStore(database.connect())];
    for (let round = 0; round < 20; round++) {
      const [from, to] = [aRepository(), aRepository()];
      const blob = digest();
      await push(from, blob);
      const [mounted] = await Promise.all([here.mount(to, blob, from), there.unlink(from, blob)]);
      expect((await here.find(to, blob)) !== null).toBe(mounted);
      expect(await there.find(from, blob)).toBeNull();
    }
  });
});

describe('unlinking', () => {
  it('is refused while a manifest uses the blob, and reviews the blob else', async () => {
    const blobs = new BlobStore(database.db);
    const manifests = new ManifestStore(database.db);
    const name = aRepository();
    const blob = digest();
    await push(name, blob);
    const manifest = aManifest([blob]);
    await manifests.put(name, manifest);
    expect(await blobs.unlink(name, blob)).toEqual({ outcome: 'inUse', manifests: [manifest.digest] });
    await manifests.delete(name, manifest.digest);
    expect(await blobs.unlink(name, blob)).toEqual({ outcome: 'deleted' });
    expect(await blobs.unlink(name, blob)).toEqual({ outcome: 'unknown' });
    expect(await count(`select count(*) from reviews where kind = 'blob' and digest_text(digest) = $1`, [blob])).toBe(1);
  });

  it('never breaks a manifest that is pushed at the same time', async () => {
    const blobs = new BlobStore(database.connect());
    const manifests = new ManifestStore(database.db);
    for (let round = 0; round < 20; round++) {
      const name = aRepository();
      const blob = digest();
      await push(name, blob);
      const [put, unlinked] = await Promise.all([manifests.put(name, aManifest([blob])), blobs.unlink(name, blob)]);
      expect([put.outcome, unlinked.outcome]).toEqual(unlinked.outcome === 'inUse' ? ['stored', 'inUse'] : ['missing', 'deleted']);
    }
  });
});
