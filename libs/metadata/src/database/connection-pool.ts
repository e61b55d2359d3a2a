import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { asStoreError, breaksConnection, DatabaseUnavailableError, isDeadlock, isRestartable } from './database-errors.js';
import type { Statement } from './statement.js';

/** What statements run on: a pool (each on its own) or a transaction. */
export interface Queryable {
  /** Answers the rows as objects. */
  query<Row>(statement: Statement, values: unknown[]): Promise<Row[]>;
}

const deadlockPauseMs = 100;

/** Connections of one kind. Errors are classified, broken connections thrown away, lost races begun again once. */
export class ConnectionPool implements Queryable {
  /** How often each statement was sent, by name. */
  readonly sent = new Map<string, number>();
  private readonly pool: pg.Pool;
  private answeredAt = -Infinity;

  /** `prepare`: statements are prepared once per connection, which takes connections that stay the same. */
  constructor(
    config: pg.PoolConfig,
    onError: (error: Error) => void = () => {},
    private readonly prepare = true,
  ) {
    this.pool = new pg.Pool(config);
    this.pool.on('error', (error) => {
      this.answeredAt = -Infinity;
      onError(error);
    });
    // A connection that is cut while checked out emits too; its query is what rejects, but without a listener the process would die.
    this.pool.on('connect', (client) => client.on('error', () => {}));
  }

  query<Row>(statement: Statement, values: unknown[]): Promise<Row[]> {
    return this.attempt((client) => this.send<Row>(client, statement, values));
  }

  /** Answers the rows as arrays: for batches, where the names of columns would cost more than their values. */
  arrays<Row extends unknown[]>(statement: Statement, values: unknown[]): Promise<Row[]> {
    return this.attempt((client) => this.send<Row>(client, statement, values, 'array'));
  }

  /** Runs READ COMMITTED statements in one transaction; the work may run twice, so it must have no effect besides. */
  transaction<T>(work: (transaction: Queryable) => Promise<T>): Promise<T> {
    return this.attempt(async (client) => {
      await client.query('begin');
      try {
        const result = await work({ query: (statement, values) => this.send(client, statement, values) });
        await client.query('commit');
        return result;
      } catch (error) {
        if (!breaksConnection(error)) await client.query('rollback');
        throw error;
      }
    });
  }

  /** True where the server has answered a moment ago, and no connection has broken since. */
  hasAnsweredWithin(milliseconds: number): boolean {
    return performance.now() - this.answeredAt < milliseconds;
  }

  /** How many connections there are at most. */
  get size(): number {
    return this.pool.options.max;
  }

  /** The pool beneath, for Prisma's adapter. */
  get driver(): pg.Pool {
    return this.pool;
  }

  async close(): Promise<void> {
    if (!this.pool.ending) await this.pool.end();
  }

  private async attempt<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    try {
      return await this.withClient(work).catch(async (error: unknown) => {
        if (!isRestartable(error)) throw error;
        // Who won is only being woken: a victim that is back at once takes the lock before it, and both are where they were.
        if (isDeadlock(error)) await pause(deadlockPauseMs * (0.5 + Math.random()));
        return this.withClient(work);
      });
    } catch (error) {
      throw asStoreError(error);
    }
  }

  private async withClient<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect().catch((error: unknown) => {
      this.answeredAt = -Infinity;
      throw new DatabaseUnavailableError({ cause: error, asked: false });
    });
    let broken = false;
    try {
      const result = await work(client);
      this.answeredAt = performance.now();
      return result;
    } catch (error) {
      broken = breaksConnection(error);
      if (broken) this.answeredAt = -Infinity;
      throw error;
    } finally {
      client.release(broken);
    }
  }

  private async send<Row>(client: pg.PoolClient, statement: Statement, values: unknown[], rowMode?: 'array'): Promise<Row[]> {
    this.sent.set(statement.name, (this.sent.get(statement.name) ?? 0) + 1);
    const { rows } = await client.query({ ...(this.prepare ? statement : { text: statement.text }), values, ...(rowMode && { rowMode }) });
    return rows as Row[];
  }
}
