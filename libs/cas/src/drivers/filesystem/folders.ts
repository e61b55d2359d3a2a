import { mkdir, open } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { assertObjectKey, objectsFolder } from '../../storage-keys.js';

/** Where keys lie below the root, and how their folders and names become durable. */
export class Folders {
  readonly root: string;
  /** Folders this process has seen to; another process may have made one and not yet made it durable. */
  readonly #durable = new Map<string, Promise<void>>();

  constructor(root: string) {
    this.root = resolve(root);
  }

  /** The path of a key, which is checked to be one, so that no path can lead elsewhere. */
  pathOf(key: string): string {
    assertObjectKey(key);
    return join(this.root, key);
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
    await syncFolder(dirname(path));
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
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
