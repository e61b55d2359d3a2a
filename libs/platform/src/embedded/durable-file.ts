import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Between the name of what is being made and something random: made beside its place, then renamed or linked into it. */
export const unfinishedMark = '.new-';

/** Removes what runs left that were killed while they made one of these; only for the holder of the data folder. */
export function removeUnfinished(places: readonly string[]): void {
  for (const place of places) {
    const prefix = `${basename(place)}${unfinishedMark}`;
    for (const name of readdirSync(dirname(place))) {
      if (name.startsWith(prefix)) rmSync(join(dirname(place), name), { recursive: true, force: true });
    }
  }
}

/** Makes what happened in a folder (a new file, a rename) survive a power cut. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Creates the file, whole and durable, unless it exists; answers what it then says, whoever wrote it. */
export function writeOnce(file: string, text: string, mode: number): string {
  const temporary = `${file}${unfinishedMark}${randomUUID()}`;
  const handle = openSync(temporary, 'wx', mode);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  try {
    linkSync(temporary, file);
    syncFolder(dirname(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  return readFileSync(file, 'utf8').trim();
}
