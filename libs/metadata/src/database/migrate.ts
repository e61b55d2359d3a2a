import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { asStoreError, isDeadlock, isLockTimeout, isUnavailable } from './database-errors.js';

// The lock and the table of Prisma's own engine: `prisma migrate deploy` and this may take turns, and `prisma migrate status` stays clean.
const prismaLock = 72_707_369;
const createLedger = `create table if not exists _prisma_migrations (
  id varchar(36) primary key not null, checksum varchar(64) not null, finished_at timestamptz, migration_name varchar(255) not null,
  logs text, rolled_back_at timestamptz, started_at timestamptz not null default now(), applied_steps_count integer not null default 0)`;

/** Who waits for the lock of a table has all others wait behind him: `lockMs` at most, then they go first, and so many times. */
export interface MigrationPatience {
  readonly lockMs: number;
  readonly pauseMs: number;
  readonly times: number;
}

const defaultPatience: MigrationPatience = { lockMs: 3_000, pauseMs: 1_000, times: 30 };

interface Migration {
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

interface LedgerRow {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
}

/**
 * Applies a folder of Prisma migrations like `prisma migrate deploy`, without Prisma's engine; answers the names of those it applied.
 * Processes that start together take turns, and those that are at work may go on. Throws where an applied migration was edited or one failed before.
 */
export async function migrate(
  url: string,
  directory: string,
  log: (message: string) => void = () => {},
  patience: MigrationPatience = defaultPatience,
): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'entrepot-migrate', connectionTimeoutMillis: 10_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(`select pg_advisory_lock(${prismaLock})`);
    await client.query(createLedger);
    const due = await findDue(client, await readMigrations(directory));
    for (const migration of due) {
      await applyBesideOthers(client, migration, patience);
      log(`applied migration ${migration.name}`);
    }
    return due.map(({ name }) => name);
  } catch (error) {
    throw asStoreError(error);
  } finally {
    await client.end().catch(() => {});
  }
}

async function readMigrations(directory: string): Promise<Migration[]> {
  const folders = (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const read = async (name: string): Promise<Migration> => {
    const sql = await readFile(join(directory, name, 'migration.sql'), 'utf8');
    return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
  };
  return Promise.all(folders.sort().map(read));
}

async function findDue(client: pg.Client, migrations: Migration[]): Promise<Migration[]> {
  const { rows } = await client.query<LedgerRow>(
    'select migration_name, checksum, finished_at from _prisma_migrations where rolled_back_at is null',
  );
  const ledger = new Map(rows.map((row) => [row.migration_name, row]));
  return migrations.filter(({ name, checksum }) => {
    const row = ledger.get(name);
    if (row && !row.finished_at) throw new Error(`migration ${name} failed before; its row in _prisma_migrations says why`);
    if (row && row.checksum !== checksum) throw new Error(`migration ${name} was edited after it was applied`);
    return !row;
  });
}

async function applyBesideOthers(client: pg.Client, migration: Migration, { lockMs, pauseMs, times }: MigrationPatience): Promise<void> {
  for (let turn = 1; ; turn += 1) {
    try {
      return await apply(client, migration, lockMs);
    } catch (error) {
      const { cause } = error as Error;
      if (turn >= times || !(isLockTimeout(cause) || isDeadlock(cause))) throw error;
      await pause(pauseMs);
    }
  }
}

/** All or nothing, the ledger's row included: whatever kills a process in between, the next one begins again. */
async function apply(client: pg.Client, { name, sql, checksum }: Migration, lockMs: number): Promise<void> {
  await client.query('begin');
  try {
    await client.query(`set local lock_timeout = ${lockMs}`);
    await client.query(sql);
    await client.query(
      `insert into _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count) values ($1, $2, $3, clock_timestamp(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    if (isLockTimeout(error)) throw new Error(`migration ${name} failed: others use what it changes`, { cause: error });
    throw isUnavailable(error) ? error : new Error(`migration ${name} failed: ${(error as Error).message}`, { cause: error });
  }
}
