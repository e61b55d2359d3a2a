import type { PrismaClient } from '../generated/client.js';
import { ConnectionPool } from './connection-pool.js';
import { poolConfig, type DatabaseSettings } from './connection-settings.js';
import { asStoreError } from './database-errors.js';
import { Notifications } from './notifications.js';
import { statement } from './statement.js';

export const select1 = statement('ping', 'select 1');

/** Kinds of writes that share statements: manifests, mounts and arrived blobs; begun sessions and first bytes. */
const sharedKinds = { main: 3, lazy: 2 };

/** One process's connections to Postgres; opens none before the first statement. Stores are made from it. */
export class Database {
  /** Commits wait for the disk. */
  readonly main: ConnectionPool;
  /** Commits don't: rows of upload sessions. */
  readonly lazy: ConnectionPool;
  readonly notifications: Notifications;
  /**
   * How many statements of one kind of writes that share them may be unanswered in a pool: two at least, which are its two halves, and where it has
   * room for that so few that all kinds together leave a connection to others.
   */
  readonly unanswered: { readonly main: number; readonly lazy: number };
  private prismaClient?: Promise<PrismaClient>;

  private constructor(settings: DatabaseSettings) {
    const sessions = settings.pooler !== 'transaction';
    this.main = new ConnectionPool(poolConfig(settings, 'flushed'), settings.onError, sessions);
    this.lazy = new ConnectionPool(poolConfig(settings, 'lazy'), settings.onError, sessions);
    this.unanswered = { main: perKind(this.main, sharedKinds.main), lazy: perKind(this.lazy, sharedKinds.lazy) };
    this.notifications = new Notifications(sessions ? poolConfig(settings, 'flushed') : null);
  }

  static connect(settings: DatabaseSettings): Database {
    return new Database(settings);
  }

  /** Resolves when Postgres answers; throws DatabaseUnavailableError. */
  async ping(): Promise<void> {
    await this.main.query(select1, []);
  }

  /** How often each statement was sent by this process, by name. */
  statementCounts(): Map<string, number> {
    const counts = new Map(this.main.sent);
    for (const [name, count] of this.lazy.sent) counts.set(name, (counts.get(name) ?? 0) + count);
    return counts;
  }

  /** Works through Prisma, which is loaded by its first use: processes that need none of it don't pay for it. */
  async withPrisma<T>(work: (prisma: PrismaClient) => Promise<T>): Promise<T> {
    const { openPrisma, causeOf } = await import('./prisma.js');
    this.prismaClient ??= openPrisma(this.main.driver);
    try {
      return await work(await this.prismaClient);
    } catch (error) {
      throw asStoreError(causeOf(error));
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.notifications.close(), this.prismaClient?.then((prisma) => prisma.$disconnect())]);
    await Promise.all([this.main.close(), this.lazy.close()]);
  }
}

function perKind({ size }: ConnectionPool, kinds: number): number {
  return Math.max(2, Math.floor((size - 1) / kinds));
}
