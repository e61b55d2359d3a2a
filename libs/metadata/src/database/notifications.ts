import pg from 'pg';

const channel = 'entrepot_verdicts';
const retryMs = 1_000;

/** What a writer runs in its transaction, with the payload as its one parameter. */
export const notifySql = `pg_notify('${channel}', `;

/**
 * LISTEN on one connection of its own, opened by the first waiter. A hint, never a promise: where it can't be had (a pooler in transaction
 * mode, Postgres gone) waiters simply wake up when their time is over.
 */
export class Notifications {
  private readonly waiters = new Map<string, Set<() => void>>();
  private client: pg.Client | undefined;
  private triedAt = -Infinity;
  private closed = false;

  /** `config` null: there is nobody to listen to. */
  constructor(private readonly config: pg.ClientConfig | null) {}

  /** Resolves when the payload is notified, after `timeoutMs`, or when the signal aborts; never rejects. */
  next(payload: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    void this.listen();
    return new Promise((resolve) => {
      const waiters = this.waiters.get(payload) ?? new Set();
      this.waiters.set(payload, waiters);
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        waiters.delete(wake);
        if (waiters.size === 0 && this.waiters.get(payload) === waiters) this.waiters.delete(payload);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      waiters.add(wake);
      signal.addEventListener('abort', wake);
      if (signal.aborted || this.closed) wake();
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const waiters of this.waiters.values()) for (const wake of [...waiters]) wake();
    await this.client?.end().catch(() => {});
  }

  private async listen(): Promise<void> {
    if (!this.config || this.client || this.closed || performance.now() < this.triedAt + retryMs) return;
    this.triedAt = performance.now();
    const client = new pg.Client(this.config);
    this.client = client;
    const drop = (): void => {
      if (this.client === client) this.client = undefined;
    };
    client.on('error', drop).on('end', drop);
    client.on('notification', ({ payload }) => {
      for (const wake of [...(this.waiters.get(payload ?? '') ?? [])]) wake();
    });
    try {
      await client.connect();
      await client.query(`listen ${channel}`);
    } catch {
      drop();
      await client.end().catch(() => {});
    }
  }
}
