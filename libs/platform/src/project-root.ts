import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of package.json, dist/ and prisma/, from the sources and from dist alike. */
export const projectRoot: string = rootAbove(import.meta.dirname);

function rootAbove(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('package.json not found');
  return rootAbove(parent);
}
