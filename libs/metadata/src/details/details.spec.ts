import { parseTag } from '#oci';
import { ManifestStore } from '../manifests/manifest-store.js';
import { TagStore } from '../tags/tag-store.js';
import { withDatabase } from '../testing/index.js';
import { aManifest, aRepository, digest } from '../testing/fixtures.js';
import { LegacyReferrerStore } from './legacy-referrer-store.js';
import { ManifestDetailStore } from './manifest-detail-store.js';

const database = withDatabase();

describe('details of manifests', () => {
  it('are replaced, and go with the manifest', async () => {
    const details = new ManifestDetailStore(database.db);
    const manifests = new ManifestStore(database.db);
    const repository = aRepository();
    const manifest = aManifest([]);
    const detail = { repository, digest: manifest.digest, kind: 'image', details: { labels: { a: 'b' }, size: 3 } };
    expect(await details.put(detail)).toBe(false);
    await manifests.put(repository, manifest);
    expect(await details.put({ ...detail, digest: digest() })).toBe(false);
    expect(await details.find(repository, manifest.digest)).toBeNull();
    for (const kind of ['image', 'helm-chart']) {
      expect(await details.put({ ...detail, kind })).toBe(true);
      expect(await details.find(repository, manifest.digest)).toEqual({ ...detail, kind });
    }
    await manifests.delete(repository, manifest.digest);
    expect(await details.find(repository, manifest.digest)).toBeNull();
  });

  it('may come from JSON that jsonb would refuse', async () => {
    const repository = aRepository();
    const manifest = aManifest([]);
    await new ManifestStore(database.db).put(repository, manifest);
    const details = new ManifestDetailStore(database.db);
    const annotations = { 'nul\0': ['a\0b', 'lone \ud800', '👍'] };
    expect(await details.put({ repository, digest: manifest.digest, kind: 'image', details: { annotations } })).toBe(true);
    expect((await details.find(repository, manifest.digest))?.details).toEqual({
      annotations: { 'nul\ufffd': ['a\ufffdb', 'lone \ufffd', '👍'] },
    });
  });
});

describe("cosign's tags", () => {
  it('are tied to what they name until they go', async () => {
    const referrers = new LegacyReferrerStore(database.db);
    const name = aRepository();
    const subject = digest();
    const tag = parseTag(`${subject.replace(':', '-')}.sig`);
    const tie = { tag, kind: 'sig' as const, subject };
    expect(await referrers.tie(name, tie)).toBe(false);
    await new ManifestStore(database.db).put(name, aManifest([], { tags: [tag] }));
    expect(await referrers.tie(name, tie)).toBe(true);
    expect(await referrers.tie(name, tie)).toBe(true);
    expect(await referrers.list(name, subject)).toEqual([tie]);
    expect(await referrers.list(aRepository(), subject)).toEqual([]);
    await new TagStore(database.db).delete(name, tag);
    expect(await referrers.list(name, subject)).toEqual([]);
  });
});
