import { statfs } from 'node:fs/promises';
import { StorageDriver } from '#cas';
import { RegistryError } from '#oci';

const lookEveryMilliseconds = 1_000;

/** Refuses writes while a disk is nearly full, before Postgres suffers from it; reads go on. */
export class DiskGuard {
  private free = Number.POSITIVE_INFINITY;
  private lookedAt = Number.NEGATIVE_INFINITY;

  /** `minFreeBytes` must stay free where blobs are stored, and in `dataDir`, where an embedded Postgres lives, if there is such a folder. */
  constructor(
    private readonly driver: StorageDriver,
    private readonly limits: { readonly minFreeBytes: number; readonly dataDir: string },
  ) {}

  /** Throws `storageFull` while there is less space than the limit; looks at most once a second. */
  async assertRoom(): Promise<void> {
    if (performance.now() - this.lookedAt > lookEveryMilliseconds) {
      this.lookedAt = performance.now();
      this.free = await this.look();
    }
    if (this.free < this.limits.minFreeBytes) throw new RegistryError('storageFull', { freeMiB: Math.floor(this.free / 2 ** 20) });
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
