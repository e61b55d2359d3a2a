import { Batch } from '../database/batch.js';
import type { Database } from '../database/database.js';
import type { UploadSessionState, Verdict } from '../shapes.js';
import { findVerdicts } from './session-statements.js';

const pollMs = 250;

interface VerdictRow {
  readonly state: UploadSessionState;
  readonly verdict: Verdict | null;
}

/** Waits for rows to get their verdict: woken by a notification where there is one, else by looking four times a second. */
export class VerdictWaiter {
  private readonly rows: Batch<string, VerdictRow>;

  constructor(private readonly db: Database) {
    this.rows = new Batch({ spell: (id) => id, fetch: (ids) => this.fetch(ids) });
  }

  /** Null where the signal aborts first, or no such session awaits a verdict. */
  async wait(id: string, signal: AbortSignal): Promise<Verdict | null> {
    for (;;) {
      // Before the look, or a verdict in between would wait for the next.
      const changed = this.db.notifications.next(id, pollMs, signal);
      const row = await this.rows.load(id);
      if (row?.state !== 'completed' || signal.aborted) return row?.verdict ?? null;
      await changed;
    }
  }

  private async fetch(ids: string[]): Promise<Map<string, VerdictRow>> {
    const rows = await this.db.lazy.arrays<[id: string, state: UploadSessionState, verdict: Verdict | null]>(findVerdicts, [ids]);
    return new Map(rows.map(([id, state, verdict]) => [id, { state, verdict }]));
  }
}
