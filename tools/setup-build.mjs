import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup-paths.mjs';

export const dist = join(root, 'dist');
export const stamp = join(dist, '.made-from');

/** Whether dist is what the sources of now would be built to. */
export function isBuilt() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === hashOf(sources());
}

/** Files that the product is made of, relative to the root, in a fixed order: everything in apps and libs but specs and their support. */
export function sources() {
  return ['apps', 'libs']
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
    .filter((file) => /\/src\//.test(file) && !/\.spec\.ts$|\.d\.ts$|\/testing\/|\/\.[^/]*$/.test(file))
    .sort();
}

/** One hash over names and contents, and over what says how they are built. */
export function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of ['.swcrc', 'package-lock.json', 'tools/build.mjs', 'tools/bundle.mjs', ...files]) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  }
  return hash.digest('hex');
}
