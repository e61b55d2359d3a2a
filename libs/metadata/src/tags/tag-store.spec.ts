import { parseTag } from '#oci';
import { ManifestStore } from '../manifests/manifest-store.js';
import { withDatabase } from '../testing/index.js';
import { aManifest, aRepository } from '../testing/fixtures.js';
import { TagStore } from './tag-store.js';

const database = withDatabase();

describe('tags', () => {
  it('are listed in byte order, in pages', async () => {
    const tags = new TagStore(database.db);
    const name = aRepository();
    const all = ['a', 'B', '_', '1', 'a.b', 'a-b', 'Z', 'ab'];
    await new ManifestStore(database.db).put(name, aManifest([], { tags: all }));
    const sorted = all.toSorted((a, b) => (a < b ? -1 : 1));
    expect(await tags.page(name, {})).toEqual({ names: sorted, more: false });
    expect(await tags.page(name, { limit: 3 })).toEqual({ names: sorted.slice(0, 3), more: true });
    expect(await tags.page(name, { last: sorted[2], limit: 5 })).toEqual({ names: sorted.slice(3), more: false });
    expect(await tags.page(name, { last: 'zz' })).toEqual({ names: [], more: false });
    expect((await tags.page(name, { limit: 0 }))?.names).toEqual([]);
    expect(await tags.page(aRepository(), {})).toBeNull();
  });

  it('are deleted alone', async () => {
    const tags = new TagStore(database.db);
    const manifests = new ManifestStore(database.db);
    const name = aRepository();
    const manifest = aManifest([], { tags: ['a', 'b'] });
    await manifests.put(name, manifest);
    expect(await tags.delete(name, parseTag('a'))).toEqual({ outcome: 'deleted' });
    expect(await tags.delete(name, parseTag('a'))).toEqual({ outcome: 'unknown' });
    expect(await tags.delete(aRepository(), parseTag('b'))).toEqual({ outcome: 'unknown' });
    expect(await tags.page(name, {})).toEqual({ names: ['b'], more: false });
    expect(await manifests.find(name, { digest: manifest.digest })).not.toBeNull();
  });
});
