import { Injectable } from '@nestjs/common';
import { DigestVerifier, StorageDriver, StorageError, UploadLostError, type UploadState } from '#cas';
import { DatabaseUnavailableError, UploadSessionStore, type DrainResult, type OutboxRow, type Settlement } from '#metadata';
import { algorithmOf, type Digest } from '#oci';
import { messageOf, type OutboxWork } from '../outbox/outbox-work.js';

/** How many verdicts one process works on at once. */
export class VerifyLanes {
  constructor(readonly count: number) {}
}

/**
 * Gives completed uploads their verdict by re-reading what is stored. The session's row is the truth: settled or gone, there is nothing to
 * do. Two workers on the same session do the same twice: commit and settle may be replayed.
 */
@Injectable()
export class VerifyBlobService implements OutboxWork<'verify-blob'> {
  readonly kind = 'verify-blob';
  readonly batch = 1;
  readonly urgent = true;
  readonly lanes: number;
  readonly #stop = new AbortController();

  constructor(
    private readonly sessions: UploadSessionStore,
    private readonly driver: StorageDriver,
    private readonly verifier: DigestVerifier,
    lanes: VerifyLanes,
  ) {
    this.lanes = lanes.count;
  }

  async run(rows: readonly OutboxRow<'verify-blob'>[]): Promise<DrainResult> {
    const done: number[] = [];
    const failed: { id: number; error: string }[] = [];
    for (const { id, key } of rows) {
      try {
        await this.#verify(key);
        done.push(id);
      } catch (error) {
        // Cut short by a shutdown, the row has not failed: it stays due for whoever comes next.
        if (this.#stop.signal.aborted) continue;
        if (error instanceof DatabaseUnavailableError) throw error;
        failed.push({ id, error: messageOf(error) });
      }
    }
    return { done, failed };
  }

  /** Breaks off what is being read. */
  abort(): void {
    this.#stop.abort();
  }

  async #verify(sessionId: string): Promise<void> {
    const session = await this.sessions.findCompleted(sessionId);
    if (!session) return;
    const { digest: claimed, storage } = session;
    const key = await this.#commit(storage);
    const stored = key === null ? null : await this.verifier.digest(key, algorithmOf(claimed), this.#stop.signal);
    const found = stored && key !== null ? { ...stored, key, leftovers: this.driver.leftovers(storage, key) } : null;
    await this.sessions.settle(sessionId, verdictOn(claimed, found));
  }

  /** Null where the bytes are lost for good, which trying again would not mend. */
  async #commit(storage: UploadState): Promise<string | null> {
    try {
      return (await this.driver.commit(storage)).key;
    } catch (error) {
      if (error instanceof UploadLostError) return null;
      if (error instanceof StorageError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return null;
      throw error;
    }
  }
}

interface Found {
  readonly digest: Digest;
  readonly size: number;
  readonly key: string;
  readonly leftovers: readonly string[];
}

function verdictOn(claimed: Digest, stored: Found | null): Settlement {
  if (!stored) return { ok: false, kind: 'uploadInvalid', detail: { reason: 'the stored bytes are lost; upload them again' } };
  if (stored.digest !== claimed) return { ok: false, kind: 'digestMismatch', detail: { expected: claimed, computed: stored.digest } };
  return { ok: true, digest: claimed, size: stored.size, storageKey: stored.key, leftovers: stored.leftovers };
}
