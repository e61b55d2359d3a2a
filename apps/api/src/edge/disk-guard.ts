import { statfs } from 'node:fs/promises';
import { StorageDriver, type ByteSource } from '#cas';
import { RegistryError } from '#oci';

const lookEveryMilliseconds = 1_000;
const lookEveryBytes = 16 * 2 ** 20;

/** Refuses writes while a disk is nearly full, before Postgres suffers from it; reads go on. */
export class DiskGuard {
  private free = Number.POSITIVE_INFINITY;
  private lookedAt = Number.NEGATIVE_INFINITY;

  /** `minFreeBytes` must stay free where blobs are stored, and in `dataDir`, where an embedded Postgres lives, if there is such a folder. */
  constructor(
    private readonly driver: StorageDriver,
    private readonly limits: { readonly minFreeBytes: number; readonly dataDir: string },
  ) {}

  /** Throws `storageFull` where less than the limit would be left once these bytes are stored; looks at most once a second. */
  async assertRoom(bytes = 0): Promise<void> {
    if (performance.now() - this.lookedAt > lookEveryMilliseconds) {
      this.lookedAt = performance.now();
      this.free = await this.look();
    }
    if (this.free - bytes < this.limits.minFreeBytes) throw new RegistryError('storageFull', { freeMiB: Math.floor(this.free / 2 ** 20) });
  }

  /** The same bytes, for as long as there is room for more: many may be stored at once, and not all say beforehand how much it will be. */
  async *watching(source: ByteSource): ByteSource {
    let unchecked = 0;
    for await (const chunk of source) {
      unchecked += chunk.length;
      if (unchecked >= lookEveryBytes) {
        await this.assertRoom();
        unchecked = 0;
      }
      yield chunk;
    }
  }

  private async look(): Promise<number> {
    const [stored, data] = await Promise.all([this.driver.freeBytes(), freeBelow(this.limits.dataDir)]);
    return Math.min(stored ?? Number.POSITIVE_INFINITY, data ?? Number.POSITIVE_INFINITY);
  }
}

async function freeBelow(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    // Not there: nothing of ours is kept in it.
    return null;
  }
}
