import { LRUCache } from 'lru-cache';
import { StreamHash } from '#cas';
import type { UploadSession } from '#metadata';
import type { DigestAlgorithm } from '#oci';

/**
 * The hashes of uploads whose every byte came through this process, so that a session's next chunk goes on where the last one ended.
 * Native hash states can't be stored, so this is no truth: a session that isn't here is verified by a worker instead.
 */
export class RunningHashes {
  private readonly hashes = new LRUCache<string, StreamHash>({ max: 20_000, ttl: 3_600_000 });

  /**
   * The hash over exactly the bytes the row knows of, or null where this process doesn't have it; taken out, since only one request may feed it.
   * The same number of bytes is not enough: another writer may have recorded others, so the digest must be the row's too.
   */
  take({ id, offset, digestSoFar }: Pick<UploadSession, 'id' | 'offset' | 'digestSoFar'>, algorithm: DigestAlgorithm): StreamHash | null {
    if (offset === 0) return new StreamHash(algorithm);
    const hash = this.hashes.get(id);
    this.hashes.delete(id);
    return hash?.algorithm === algorithm && hash.bytes === offset && hash.digest() === digestSoFar ? hash : null;
  }

  /** For what is on the session's row already, and nothing else. */
  keep(sessionId: string, hash: StreamHash): void {
    this.hashes.set(sessionId, hash);
  }

  drop(sessionId: string): void {
    this.hashes.delete(sessionId);
  }
}
