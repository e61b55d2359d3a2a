import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const atOnce = 32;

/** A file of 1 KiB for each key. */
export async function writeObjects(storage, keys) {
  for (let share = 0; share < 256; share += 1)
    await mkdir(join(storage, 'blobs', share.toString(16).padStart(2, '0')), { recursive: true });
  const bytes = Buffer.alloc(1_024, 'garbage ');
  const queue = keys.values();
  const lane = async () => {
    for (const key of queue) await writeFile(join(storage, key), bytes);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

/** How many of the keys are still there. */
export async function countObjects(storage, keys) {
  const wanted = new Set(keys.map((key) => key.split('/').at(-1)));
  const names = await readdir(join(storage, 'blobs'), { recursive: true });
  return names.filter((name) => wanted.has(name.split('/').at(-1))).length;
}
