import { StorageError, type StorageDriver } from '#cas';

/** Throws StorageError where storage holds no object at all: then it is not mounted, or another one, and nothing may be concluded from it. */
export async function assertHoldsObjects(driver: StorageDriver): Promise<void> {
  for await (const _object of driver.list('')) return;
  throw new StorageError('storage holds no object at all, while the database knows some: is it the right one, and mounted?');
}
