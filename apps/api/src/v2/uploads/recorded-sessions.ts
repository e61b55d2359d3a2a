import { LRUCache } from 'lru-cache';
import type { UploadState } from '#cas';
import type { Digest } from '#oci';

/** What a session held when its row was last written by this process. */
export interface RecordedSession {
  readonly storage: UploadState;
  readonly digestSoFar: Digest | null;
}

/**
 * A client that sends no more bytes usually closes its session at once, on the same process: which then needs not ask for what it has just written.
 * No truth either: what is remembered counts only where the statement that closes the session still finds it on the row.
 */
export class RecordedSessions {
  // States grow with the parts of an upload.
  private readonly sessions = new LRUCache<string, RecordedSession>({
    maxSize: 8 * 1024 * 1024,
    sizeCalculation: ({ storage }) => 256 + JSON.stringify(storage).length,
    ttl: 60_000,
  });

  keep(sessionId: string, recorded: RecordedSession): void {
    this.sessions.set(sessionId, recorded);
  }

  find(sessionId: string): RecordedSession | undefined {
    return this.sessions.get(sessionId);
  }

  drop(sessionId: string): void {
    this.sessions.delete(sessionId);
  }
}
