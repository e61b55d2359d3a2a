import { StorageDriver } from '#cas';
import type { Orphan, OrphanStore } from '#metadata';

/** What became of some orphans; `bytes`: of the objects. */
export interface DeletedOrphans {
  readonly deleted: number;
  readonly deletedBytes: number;
  readonly aborted: number;
}

/** Removes what a listing found, after a second look: objects through the outbox, multipart uploads by themselves. */
export async function deleteOrphans(found: readonly Orphan[], orphans: OrphanStore, driver: StorageDriver): Promise<DeletedOrphans> {
  const objects = found.filter(({ upload }) => upload === '');
  const gone = await orphans.delete(objects.map(({ key }) => key));
  const deletedBytes = objects.reduce((sum, { key, size }) => sum + (gone.has(key) ? size : 0), 0);
  const uploads = found.filter(({ upload }) => upload !== '').map(({ key, upload }) => ({ key, id: upload }));
  const still = uploads.length > 0 ? await orphans.findUploads(uploads) : [];
  for (const upload of still) await driver.abortUploadById?.(upload);
  return { deleted: gone.size, deletedBytes, aborted: still.length };
}
