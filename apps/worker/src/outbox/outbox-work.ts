import { DatabaseUnavailableError, type DrainResult, type OutboxKind, type OutboxRow } from '#metadata';

/** What is done about one kind of outbox row. Everything in it is idempotent: a row may come again after it was done. */
export interface OutboxWork<K extends OutboxKind = OutboxKind> {
  readonly kind: K;
  /** Rows claimed at once. */
  readonly batch: number;
  /** Claims this process holds at once. */
  readonly lanes: number;
  /** Somebody waits for it: what is not urgent begins no batch while all lanes of this are taken. */
  readonly urgent?: boolean;
  /** Nobody waits for it: after a full batch it rests for so many times as long as that took. */
  readonly rests?: number;
  run(rows: readonly OutboxRow<K>[]): Promise<DrainResult>;
}

/**
 * Does something about each row, so many at once; a row whose work throws has failed, the others have not. Without a database nothing has
 * failed: DatabaseUnavailableError is thrown, and all rows stay as they were.
 */
export async function forEachRow<K extends OutboxKind>(
  rows: readonly OutboxRow<K>[],
  atOnce: number,
  work: (row: OutboxRow<K>) => Promise<void>,
): Promise<DrainResult> {
  const done: number[] = [];
  const failed: { id: number; error: string }[] = [];
  const queue = rows.values();
  const lane = async () => {
    for (const row of queue) {
      try {
        await work(row);
        done.push(row.id);
      } catch (error) {
        if (error instanceof DatabaseUnavailableError) throw error;
        failed.push({ id: row.id, error: messageOf(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, rows.length) }, lane));
  return { done, failed };
}

/** An error with its causes, as one line. */
export function messageOf(error: unknown): string {
  const messages: string[] = [];
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) messages.push(at.message);
  return messages.length > 0 ? messages.join(': ') : String(error);
}
