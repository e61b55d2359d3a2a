import { randomUUID } from 'node:crypto';
import { ManifestStore } from '../manifests/manifest-store.js';
import { RemovalStore } from '../repositories/removal-store.js';
import { aManifest, aRepository, digest, pushBlob } from '../testing/fixtures.js';
import { withDatabase } from '../testing/index.js';
import { UploadSessionStore } from '../uploads/upload-session-store.js';
import { StatsStore } from './stats-store.js';

const database = withDatabase();

it('counts what there is, a shared blob once', async () => {
  const stats = new StatsStore(database.db);
  const none = { repositories: 0, tags: 0, manifests: 0, blobs: 0, bytes: 0, links: 0, damaged: 0, uploads: 0 };
  expect(await stats.registry()).toEqual(none);
  const [one, other] = [aRepository(), aRepository()];
  const uploads = new UploadSessionStore(database.db);
  const [shared, own] = [digest(), digest()];
  for (const name of [one, other]) await pushBlob(uploads, name, shared, 1_000);
  await pushBlob(uploads, one, own, 24);
  await new ManifestStore(database.db).put(one, aManifest([shared, own], { tags: ['a', 'b'] }));
  await database.sql('update blobs set damaged_at = now() where size = 24');
  expect(await stats.registry()).toEqual({
    ...{ repositories: 2, tags: 2, manifests: 1, blobs: 2, bytes: 1_024, links: 3, damaged: 1, uploads: 0 },
  });
  const of = { createdAt: expect.any(Date) as Date, uploads: 0, lastPulledAt: null };
  expect(await stats.repository(one)).toEqual({
    ...{ ...of, tags: 2, manifests: 1, blobs: 2, bytes: 1_024, lastPushedAt: expect.any(Date) as Date },
  });
  expect(await stats.repository(other)).toEqual({ ...of, tags: 0, manifests: 0, blobs: 1, bytes: 1_000, lastPushedAt: null });
  expect(await stats.repository(aRepository())).toBeNull();
  for (const name of [one, other]) await uploads.begin(name, { id: randomUUID(), storage: { offset: 0 }, algorithm: 'sha256' });
  await new RemovalStore(database.db).remove(other);
  expect(await stats.registry()).toMatchObject({ repositories: 1, tags: 2, manifests: 1, links: 2, blobs: 2, uploads: 1 });
  await new RemovalStore(database.db).remove(one);
  expect(await stats.registry()).toMatchObject({ repositories: 0, tags: 0, manifests: 0, links: 0, blobs: 2, uploads: 0 });
});
