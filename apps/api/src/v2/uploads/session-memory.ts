import { LRUCache } from 'lru-cache';
import { StreamHash } from '#cas';
import type { SessionContent, UploadSession } from '#metadata';
import type { DigestAlgorithm } from '#oci';

/**
 * What a session held when its row was last written by this process. `hash`: of all its bytes, where each of them came through this process;
 * `begunWith`: it was begun here, with that algorithm, and has got nothing yet.
 */
export interface RememberedSession extends SessionContent {
  readonly hash?: StreamHash | null;
  readonly begunWith?: DigestAlgorithm;
}

const memoryBytes = 16 * 1024 * 1024;
/** About what an entry and a native hash take. */
const entryBytes = 512;

/**
 * Sessions as this process wrote them last: a client mostly goes on where it has just been, which then needs not be asked for; and native hash
 * states can't be stored. No truth: what is remembered counts only where the row, or the statement that changes it, says the same.
 */
export class SessionMemory {
  // States grow with the parts of an upload.
  private readonly sessions = new LRUCache<string, RememberedSession>({
    maxSize: memoryBytes,
    sizeCalculation: ({ storage, hash }) => (hash ? 2 : 1) * entryBytes + JSON.stringify(storage).length,
    ttl: 3_600_000,
  });

  keep(sessionId: string, session: RememberedSession): void {
    this.sessions.set(sessionId, session);
  }

  find(sessionId: string): RememberedSession | undefined {
    return this.sessions.get(sessionId);
  }

  drop(sessionId: string): void {
    this.sessions.delete(sessionId);
  }

  /**
   * The hash over exactly the bytes the row knows of, or null where this process doesn't have it; taken out, since only one request may feed it.
   * The same number of bytes is not enough: another writer may have recorded others, so the digest must be the row's too.
   */
  takeHash(
    { id, offset, digestSoFar }: Pick<UploadSession, 'id' | 'offset' | 'digestSoFar'>,
    algorithm: DigestAlgorithm,
  ): StreamHash | null {
    const hash = this.sessions.get(id)?.hash;
    this.sessions.delete(id);
    if (offset === 0) return new StreamHash(algorithm);
    return hash?.algorithm === algorithm && hash.bytes === offset && hash.digest() === digestSoFar ? hash : null;
  }
}
