import { randomUUID } from 'node:crypto';
import { parseRepositoryName } from '#oci';
import { ManifestStore } from '../manifests/manifest-store.js';
import { withDatabase } from '../testing/index.js';
import { aManifest, aRepository, digest } from '../testing/fixtures.js';
import { UploadSessionStore } from '../uploads/upload-session-store.js';
import { RepositoryStore } from './repository-store.js';

const database = withDatabase();

describe('repositories', () => {
  it('are in the catalog while they have manifests', async () => {
    const repositories = new RepositoryStore(database.db);
    const manifests = new ManifestStore(database.db);
    const names = ['a/z', 'a-b', 'a', 'b/c', 'a/b'].map(parseRepositoryName);
    const stored = names.map(() => aManifest([]));
    await Promise.all(names.map((name, i) => manifests.put(name, stored[i]!)));
    await new UploadSessionStore(database.db).begin(aRepository(), { id: randomUUID(), storage: { offset: 0 }, algorithm: 'sha256' });
    const sorted = ['a', 'a-b', 'a/b', 'a/z', 'b/c'];
    expect(await repositories.page({ limit: 10 })).toEqual({ names: sorted, more: false });
    expect(await repositories.page({ last: 'a-b', limit: 2 })).toEqual({ names: ['a/b', 'a/z'], more: true });
    await manifests.delete(names[4]!, stored[4]!.digest);
    expect(await repositories.page({ limit: 10 })).toEqual({ names: sorted.filter((name) => name !== 'a/b'), more: false });
    expect(await repositories.policy(names[4]!)).toEqual({});
    expect(await repositories.policy(aRepository())).toBeNull();
  });

  it('come into being once, with their tenant, however many push at once', async () => {
    const manifests = [new ManifestStore(database.db), new ManifestStore(database.connect())];
    const name = aRepository('newtenant');
    const outcomes = await Promise.all(Array.from({ length: 16 }, (_, i) => manifests[i % 2]!.put(name, aManifest([]))));
    expect(outcomes.every(({ outcome }) => outcome === 'stored')).toBe(true);
    expect(await database.sql('select tenant, name from repositories where tenant = $1', ['newtenant'])).toEqual([
      { tenant: 'newtenant', name },
    ]);
  });

  it('have settings', async () => {
    const repositories = new RepositoryStore(database.db);
    const name = aRepository();
    expect(await repositories.policy(name)).toBeNull();
    expect(await repositories.setPolicy(name, { sparseIndexes: true })).toBe(false);
    await new ManifestStore(database.db).put(name, aManifest([]));
    expect(await repositories.policy(name)).toEqual({});
    expect(await repositories.setPolicy(name, { sparseIndexes: true })).toBe(true);
    expect(await repositories.policy(name)).toEqual({ sparseIndexes: true });
  });

  it('whose settings nobody understands are given others', async () => {
    const repositories = new RepositoryStore(database.db);
    const name = aRepository();
    await repositories.create(name);
    await database.sql(`update repositories set policy = '{"moon": "full"}' where name = $1`, [name]);
    await expect(repositories.policy(name)).rejects.toThrow('moon');
    await expect(repositories.changePolicy(name, (policy) => policy)).rejects.toThrow('moon');
    expect(await repositories.setPolicy(name, { sparseIndexes: true })).toBe(true);
    expect(await repositories.policy(name)).toEqual({ sparseIndexes: true });
  });

  it('can have settings before their first push', async () => {
    const repositories = new RepositoryStore(database.db);
    const name = aRepository('fresh');
    await Promise.all([repositories.create(name), repositories.create(name)]);
    expect(await repositories.setPolicy(name, { sparseIndexes: true })).toBe(true);
    const index = aManifest([digest()], { kind: 'child' });
    expect(await new ManifestStore(database.db).put(name, index)).toEqual({ outcome: 'stored', created: true });
  });
});
