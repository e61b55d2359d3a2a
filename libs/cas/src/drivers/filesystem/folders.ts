import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { assertObjectKey, objectsFolder } from '../../storage-keys.js';
import { KeptFolder } from './kept-folder.js';

/** Where keys lie below the root, and how their folders and names become durable. */
export class Folders {
  readonly root: string;
  /** Folders this process has seen to; another process may have made one and not yet made it durable. */
  readonly #durable = new Map<string, Promise<void>>();
  /** Kept open, since each new object's name is flushed through one of these 256. */
  readonly #kept = new Map<string, KeptFolder>();

  constructor(root: string) {
    this.root = resolve(root);
  }

  /** The path of a key, which is checked to be one, so that no path can lead elsewhere. */
  pathOf(key: string): string {
    assertObjectKey(key);
    return `${this.root}/${key}`;
  }

  /** Makes the folder of a path made by {@link pathOf} exist, durably. */
  prepare(path: string): Promise<void> {
    return this.#makeDurable(dirname(path));
  }

  /** Makes the root exist. */
  async prepareRoot(): Promise<void> {
    await mkdir(join(this.root, objectsFolder), { recursive: true });
  }

  /** Makes the name of a new file durable. */
  async syncName(path: string): Promise<void> {
    const folder = dirname(path);
    const kept = this.#kept.get(folder) ?? new KeptFolder(folder);
    this.#kept.set(folder, kept);
    try {
      await kept.sync();
    } catch (error) {
      // Whoever comes next opens it anew. (A folder that was replaced meanwhile is flushed without an error: storage is replaced while nobody runs.)
      if (this.#kept.get(folder) === kept) this.#kept.delete(folder);
      kept.retire();
      throw error;
    }
  }

  /** Lets go of the folders kept open. */
  close(): void {
    for (const kept of this.#kept.values()) kept.retire();
    this.#kept.clear();
  }

  #makeDurable(folder: string): Promise<void> {
    const known = this.#durable.get(folder);
    if (known) return known;
    const made = this.#make(folder);
    this.#durable.set(folder, made);
    made.catch(() => this.#durable.delete(folder));
    return made;
  }

  async #make(folder: string): Promise<void> {
    if (folder !== this.root) await this.#makeDurable(dirname(folder));
    await mkdir(folder, { recursive: true });
    await syncFolder(dirname(folder));
  }
}

async function syncFolder(folder: string): Promise<void> {
  const kept = new KeptFolder(folder);
  try {
    await kept.sync();
  } finally {
    kept.retire();
  }
}
