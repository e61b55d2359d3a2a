import { statfs } from 'node:fs/promises';
import type { ByteSource, StorageDriver } from '#cas';
import { RegistryError } from '#oci';

const lookEveryMilliseconds = 1_000;
const lookEveryBytes = 16 * 2 ** 20;

/** Refuses writes while a disk is nearly full, before Postgres suffers from it; reads go on. */
export class DiskGuard {
  private free = { stored: Number.POSITIVE_INFINITY, elsewhere: Number.POSITIVE_INFINITY };
  private lookedAt = Number.NEGATIVE_INFINITY;

  /** `minFreeBytes` must stay free where blobs are stored, and in each of `folders`, where an embedded Postgres lives, as far as there are such. */
  constructor(
    private readonly driver: Pick<StorageDriver, 'freeBytes'>,
    private readonly limits: { readonly minFreeBytes: number; readonly folders: readonly string[] },
    private readonly freeBelow = freeBytesBelow,
  ) {}

  /** Throws `storageFull` where less than the limit would be left once these bytes are stored; looks at most once a second. */
  async assertRoom(bytes = 0): Promise<void> {
    if (performance.now() - this.lookedAt > lookEveryMilliseconds) {
      this.lookedAt = performance.now();
      this.free = await this.look();
    }
    // The bytes come to where blobs are; if that is one of the folders' disk, it is counted there too.
    const left = Math.min(this.free.stored - bytes, this.free.elsewhere);
    const freeMiB = Math.floor(Math.min(this.free.stored, this.free.elsewhere) / 2 ** 20);
    if (left < this.limits.minFreeBytes) throw new RegistryError('storageFull', { freeMiB });
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

  private async look(): Promise<{ stored: number; elsewhere: number }> {
    const [stored, ...folders] = await Promise.all([this.driver.freeBytes(), ...this.limits.folders.map(this.freeBelow)]);
    const elsewhere = folders.map((free) => free ?? Number.POSITIVE_INFINITY);
    return { stored: stored ?? Number.POSITIVE_INFINITY, elsewhere: Math.min(...elsewhere) };
  }
}

async function freeBytesBelow(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    // Not there: nothing of ours is kept in it.
    return null;
  }
}
