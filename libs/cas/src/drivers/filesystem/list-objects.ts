import { opendir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredObject } from '../../storage-driver.js';
import { isObjectKey, objectsFolder } from '../../storage-keys.js';
import { ifPresent, onDisk } from './disk-errors.js';

const spreadFolder = /^[0-9a-f]{2}$/;

/** Walks the objects below the root whose key starts with the prefix, one folder at a time; files that are none of ours are passed over. */
export async function* listObjects(root: string, prefix: string): AsyncGenerator<StoredObject, void, void> {
  const spread = (await ifPresent('list', () => readdir(join(root, objectsFolder)))) ?? [];
  for (const name of spread) {
    const folder = `${objectsFolder}/${name}/`;
    if (spreadFolder.test(name) && (folder.startsWith(prefix) || prefix.startsWith(folder))) yield* listFolder(root, folder, prefix);
  }
}

async function* listFolder(root: string, folder: string, prefix: string): AsyncGenerator<StoredObject, void, void> {
  const directory = await ifPresent('list', () => opendir(join(root, folder)));
  if (!directory) return;
  try {
    for (let entry = await onDisk('list', () => directory.read()); entry; entry = await onDisk('list', () => directory.read())) {
      const object = await findObject(root, folder + entry.name, prefix);
      if (object) yield object;
    }
  } finally {
    await directory.close();
  }
}

async function findObject(root: string, key: string, prefix: string): Promise<StoredObject | null> {
  return key.startsWith(prefix) && isObjectKey(key) ? statObject(key, join(root, key)) : null;
}

/** Size and time of the file a key lies in, or null. */
export async function statObject(key: string, path: string): Promise<StoredObject | null> {
  const found = await ifPresent('look an object up', () => stat(path));
  return found?.isFile() ? { key, size: found.size, modifiedAt: found.mtime } : null;
}
