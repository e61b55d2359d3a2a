import type { Queryable } from '../database/connection-pool.js';
import type { Database } from '../database/database.js';
import { DatabaseUnavailableError } from '../database/database-errors.js';
import type { DrainResult, OutboxCount, OutboxEntry, OutboxFilter, OutboxKind, OutboxRow } from '../shapes.js';
import { claimRows, countRows, dueKinds, failRows, listRows, outboxKinds, removeRows, retryRows, waitLong } from './outbox-statements.js';

const maxErrorLength = 2_000;

interface EntryRow {
  readonly id: number;
  readonly kind: OutboxKind;
  readonly key: string;
  readonly not_before: Date;
  readonly attempts: number;
  readonly last_error: string | null;
  readonly parked_at: Date | null;
}

/** Work due, as rows that the transactions causing it have written. Several workers may drain one kind: none gets another's rows. */
export class OutboxStore {
  /** Failures after which a row is parked. */
  readonly maxAttempts: number;

  /** `maxAttempts`: failures after which a row is parked; 20 by default, which takes some three hours. */
  constructor(
    private readonly db: Database,
    { maxAttempts = 20 }: { maxAttempts?: number } = {},
  ) {
    this.maxAttempts = maxAttempts;
  }

  /**
   * Gives up to `limit` due rows to `work`, in a claim that ends with it; removes those done, puts those failed off, and answers how many
   * there were. Work that throws has failed on all of them. Where Postgres goes meanwhile the rows are due again: work must be idempotent.
   */
  async drain<K extends OutboxKind>(kind: K, limit: number, work: (rows: OutboxRow<K>[]) => Promise<DrainResult>): Promise<number> {
    return this.db.main.transaction(async (transaction) => {
      const rows = await transaction.query<OutboxRow<K>>(claimRows, [kind, limit]);
      if (rows.length === 0) return 0;
      await transaction.query(waitLong, []);
      await this.book(transaction, await resultOf(work, rows));
      return rows.length;
    });
  }

  /** The kinds that have rows due now. */
  async dueKinds(): Promise<OutboxKind[]> {
    return (await this.db.main.query<{ kind: OutboxKind }>(dueKinds, [outboxKinds])).map(({ kind }) => kind);
  }

  /** Rows due, waiting, failed and parked, of every kind. */
  counts(): Promise<OutboxCount[]> {
    return this.db.main.query<OutboxCount>(countRows, [outboxKinds]);
  }

  /** Rows as they stand, the oldest first; 100 by default. */
  async list({ kind, failed = false, after = 0, limit = 100 }: OutboxFilter = {}): Promise<OutboxEntry[]> {
    const rows = await this.db.main.query<EntryRow>(listRows, [kind ?? null, failed, after, limit]);
    return rows.map(({ not_before: notBefore, last_error: lastError, parked_at: parkedAt, ...row }) => {
      return { ...row, notBefore, lastError, parkedAt };
    });
  }

  /** Makes rows due as if they had never failed: those named, or all that are parked. Answers which; others are gone, or in a worker's hands. */
  async retry({ ids, kind }: { ids?: readonly number[]; kind?: OutboxKind }): Promise<number[]> {
    const rows = await this.db.main.query<{ id: number }>(retryRows, [ids ?? null, kind ?? null]);
    return rows.map(({ id }) => id);
  }

  private async book(transaction: Queryable, { done, failed }: DrainResult): Promise<void> {
    if (done.length > 0) await transaction.query(removeRows, [done]);
    const errors = failed.map(({ error }) => error.replaceAll('\0', '').toWellFormed().slice(0, maxErrorLength));
    if (failed.length > 0) await transaction.query(failRows, [failed.map(({ id }) => id), errors, this.maxAttempts]);
  }
}

async function resultOf<K extends OutboxKind>(
  work: (rows: OutboxRow<K>[]) => Promise<DrainResult>,
  rows: OutboxRow<K>[],
): Promise<DrainResult> {
  try {
    return await work(rows);
  } catch (error) {
    // No fault of the rows.
    if (error instanceof DatabaseUnavailableError) throw error;
    return { done: [], failed: rows.map(({ id }) => ({ id, error: String(error) })) };
  }
}
