import { LRUCache } from 'lru-cache';

const cacheBytes = 8 * 1_048_576;
/** Configs of images are smaller; a cache of more would keep fewer of them. */
const maxBlobBytes = 65_536;
const overheadBytes = 512;

/**
 * Bytes of small blobs that were read lately, by storage key: a key is never reused, so they never change. Whether a blob exists is not
 * asked here.
 */
export class SmallBlobs {
  private readonly cache = new LRUCache<string, Buffer>({ maxSize: cacheBytes, sizeCalculation: ({ length }) => length + overheadBytes });

  fits(size: number): boolean {
    return size <= maxBlobBytes;
  }

  get(storageKey: string): Buffer | undefined {
    return this.cache.get(storageKey);
  }

  /** Reads all of it into memory of its own. */
  async keep(storageKey: string, size: number, chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
    const bytes = Buffer.allocUnsafeSlow(size);
    let filled = 0;
    for await (const chunk of chunks) {
      bytes.set(chunk, filled);
      filled += chunk.length;
    }
    this.cache.set(storageKey, bytes);
    return bytes;
  }
}
