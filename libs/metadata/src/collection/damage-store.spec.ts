import type { Digest } from '#oci';
import { BlobStore } from '../blobs/blob-store.js';
import { ManifestStore } from '../manifests/manifest-store.js';
import { aManifest, aRepository, digest, pushBlob } from '../testing/fixtures.js';
import { withDatabase } from '../testing/index.js';
import { UploadSessionStore } from '../uploads/upload-session-store.js';
import { DamageStore } from './damage-store.js';
import { ScrubStore } from './scrub-store.js';

const database = withDatabase();
const push = (...args: [ReturnType<typeof aRepository>, Digest]) => pushBlob(new UploadSessionStore(database.db), ...args);

describe('a damaged blob', () => {
  it('is there for nobody until its digest is pushed again', async () => {
    const [damage, blobs, manifests] = [new DamageStore(database.db), new BlobStore(database.db), new ManifestStore(database.db)];
    const [name, other] = [aRepository(), aRepository()];
    const blob = digest();
    const storageKey = await push(name, blob);
    const manifest = aManifest([blob]);
    await manifests.put(name, manifest);
    expect(await damage.mark({ digest: blob, storageKey })).toBe(true);
    expect(await damage.mark({ digest: blob, storageKey })).toBe(false);
    expect(await blobs.find(name, blob)).toBeNull();
    expect(await blobs.mount(other, blob, name)).toBe(false);
    expect(await manifests.put(name, aManifest([blob]))).toEqual({ outcome: 'missing', digests: [blob] });
    expect(await manifests.find(name, { digest: manifest.digest })).not.toBeNull();
    expect(await damage.list({ limit: 10 })).toMatchObject([{ digest: blob, size: 7, storageKey, repositories: [name] }]);
    expect(await damage.count()).toBe(1);
    const healed = await push(name, blob);
    expect(await blobs.find(name, blob)).toMatchObject({ storageKey: healed });
    expect(await damage.list({ limit: 10 })).toEqual([]);
  });

  it('is not one that was healed or collected since it was looked at', async () => {
    const damage = new DamageStore(database.db);
    const [name, blob] = [aRepository(), digest()];
    const first = await push(name, blob);
    await damage.mark({ digest: blob, storageKey: first });
    const second = await push(name, blob);
    expect(await damage.mark({ digest: blob, storageKey: first })).toBe(false);
    expect(await damage.clear({ digest: blob, storageKey: first })).toBe(false);
    expect(await new BlobStore(database.db).find(name, blob)).toMatchObject({ storageKey: second });
    expect(await damage.mark({ digest: digest(), storageKey: 'blobs/none' })).toBe(false);
  });

  it('is whole again where its bytes are', async () => {
    const damage = new DamageStore(database.db);
    const [name, blob] = [aRepository(), digest()];
    const storageKey = await push(name, blob);
    await damage.mark({ digest: blob, storageKey });
    expect(await damage.clear({ digest: blob, storageKey })).toBe(true);
    expect(await damage.clear({ digest: blob, storageKey })).toBe(false);
    expect(await new BlobStore(database.db).find(name, blob)).toMatchObject({ storageKey });
  });
});

describe('the walk of a scrub', () => {
  it('comes by every blob once, in order of digest, damaged ones too', async () => {
    const [name, scrub] = [aRepository(), new ScrubStore(database.db)];
    for (const algorithm of ['sha256', 'sha512', 'sha256'] as const) await push(name, digest(undefined, algorithm));
    const all = await scrub.next(null, 1_000);
    const walked: Digest[] = [];
    for (let page = await scrub.next(null, 2); page.length > 0; page = await scrub.next(walked.at(-1)!, 2))
      walked.push(...page.map((blob) => blob.digest));
    expect(walked).toEqual(all.map((blob) => blob.digest));
    expect(walked.length).toBeGreaterThanOrEqual(3);
    expect(walked.at(-1)).toMatch(/^sha512:/);
  });
});
