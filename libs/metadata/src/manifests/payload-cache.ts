import { LRUCache } from 'lru-cache';
import type { Digest } from '#oci';

const overheadBytes = 512;

/** Bytes of manifests by digest, which never change, up to a number of bytes. It never decides whether a manifest exists. */
export class PayloadCache {
  private readonly cache: LRUCache<Digest, Buffer>;

  constructor(maxBytes: number) {
    this.cache = new LRUCache({ maxSize: maxBytes, sizeCalculation: (payload) => payload.length + overheadBytes });
  }

  get(digest: Digest): Buffer | undefined {
    return this.cache.get(digest);
  }

  /** Keeps a copy: a small buffer is a slice of a shared one, which it would keep alive as a whole. */
  add(digest: Digest, payload: Uint8Array): Buffer {
    const own = Buffer.allocUnsafeSlow(payload.length);
    own.set(payload);
    this.cache.set(digest, own);
    return own;
  }
}
