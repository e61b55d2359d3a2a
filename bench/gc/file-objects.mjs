import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inLanes } from '../in-lanes.mjs';
import { objectBytes } from './garbage.mjs';

/** Objects as files below the data folder. */
export class FileObjects {
  environment = {};

  open(dataDir) {
    this.folder = join(dataDir, 'storage/blobs');
  }

  async write(keys) {
    for (let share = 0; share < 256; share += 1) await mkdir(join(this.folder, hexOf(share)), { recursive: true });
    await inLanes(keys, 32, (key) => writeFile(join(this.folder, '..', key), objectBytes));
  }

  /** How many of the keys are still there. */
  async count(keys) {
    const wanted = new Set(keys.map((key) => key.slice(-36)));
    const names = await readdir(this.folder, { recursive: true });
    return names.filter((name) => wanted.has(name.slice(-36))).length;
  }

  /** As fast as it goes here with nothing else to do. */
  async deleteBare(keys) {
    await inLanes(keys, 16, (key) => rm(join(this.folder, '..', key)));
  }

  async close() {}
}

const hexOf = (share) => share.toString(16).padStart(2, '0');
