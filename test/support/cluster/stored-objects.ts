import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Cluster } from './cluster.js';

/** What storage holds, by key with its size, past the product; on S3 unfinished multipart uploads too. */
export async function storedObjects({ store, storageRoot }: Cluster): Promise<{ objects: Map<string, number>; uploads: number }> {
  if (store) return { objects: await store.objects(), uploads: await store.unfinishedUploads() };
  const files = readdirSync(storageRoot, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name));
  return { objects: new Map(paths.map((path) => [relative(storageRoot, path), statSync(path).size])), uploads: 0 };
}
