import { createHash, type Hash } from 'node:crypto';
import { digestOf, type Digest, type DigestAlgorithm } from '#oci';
import type { ByteSource } from '../storage-driver.js';

/** A native hash that can be asked on the way. */
export class StreamHash {
  readonly #hash: Hash;
  #bytes = 0;

  constructor(readonly algorithm: DigestAlgorithm) {
    this.#hash = createHash(algorithm);
  }

  /** How many bytes were hashed. */
  get bytes(): number {
    return this.#bytes;
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
  }

  /** The digest of what came so far; may be asked again and again, and in between more may come. */
  digest(): Digest {
    return digestOf(this.algorithm, this.#hash.copy().digest());
  }
}

/** Hashes what passes. It is ahead of storage until the append that pulls it has answered, and of no use after one that failed. */
export async function* hashing(source: ByteSource, hash: StreamHash): AsyncGenerator<Uint8Array, void, void> {
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
}
