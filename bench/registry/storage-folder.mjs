import { existsSync } from 'node:fs';
import { readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders on this machine's file system, one per server. */
export class FolderStorage {
  kind = 'filesystem';

  of(_name, folder) {
    return new StorageFolder(folder);
  }

  async stop() {}
}

class StorageFolder {
  environment = {};

  constructor(folder) {
    this.folder = folder;
    this.yaml = `  filesystem:\n    rootdirectory: ${folder}`;
  }

  /** The files of now. */
  async list() {
    if (!existsSync(this.folder)) return new Set();
    const entries = await readdir(this.folder, { recursive: true, withFileTypes: true });
    return new Set(entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)));
  }

  /** Emptied, not deleted: after thousands of deletions some file systems take long to make a file, for minutes. */
  async removeAllBut(kept) {
    for (const file of await this.list()) if (!kept.has(file) && isBytes(file)) await truncate(file).catch(ignoreMissing);
  }
}

/** Small files that docker-registry keeps beside a blob's bytes stay: it looks at them while it walks. */
const isBytes = (file) => !file.endsWith('/link');

function ignoreMissing(error) {
  if (error.code !== 'ENOENT') throw error;
}
