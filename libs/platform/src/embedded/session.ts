import { setTimeout as delay } from 'node:timers/promises';
import { Client, DatabaseError } from 'pg';
import { userName } from './create-cluster.js';
import { DataFolderInUseError, EmbeddedPostgresError } from './embedded-postgres-error.js';
import type { RunningServer } from './postmaster-file.js';
import { isAlive, lastWords, stopServer, type ServerPlan } from './postmaster.js';

/** Name of the database that the registry uses. */
export const databaseName = 'entrepot';

const lockKey = 0x656e7472;
const silenceLimitMs = 30_000;
/** The session of an instance that was just killed may take a moment to be noticed. */
const lockPatienceMs = 3_000;

/** Where clients find the registry's database. */
export function databaseUrl(port: number, password: string): string {
  return `postgresql://${userName}:${password}@127.0.0.1:${port}/${databaseName}`;
}

/** A session on a server that may still be starting, or recovering, which takes as long as it takes; one that says nothing is stopped. */
export async function openSession(server: RunningServer, plan: ServerPlan, password: string): Promise<Client> {
  let heardAt = performance.now();
  for (;;) {
    const client = new Client({ ...address(server, password), application_name: 'entrepot-supervisor', connectionTimeoutMillis: 5_000 });
    // Without a listener the end of the server would be the end of this process.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      if (!isAlive(server)) throw new EmbeddedPostgresError(`PostgreSQL ended: ${lastWords(plan.logFile)}`, { cause: error });
      if (error instanceof DatabaseError && error.code === '57P03') heardAt = performance.now();
      else if (error instanceof DatabaseError) throw new EmbeddedPostgresError(`PostgreSQL refuses us: ${error.message}`, { cause: error });
      if (performance.now() - heardAt > silenceLimitMs) {
        await stopServer(server, silenceLimitMs);
        throw new EmbeddedPostgresError('PostgreSQL does not answer', { cause: error });
      }
      await delay(20);
    }
  }
}

/** Makes this session the holder of the data folder for as long as it lives; throws DataFolderInUseError. */
export async function holdDataFolder(session: Client, dataDir: string): Promise<void> {
  const deadline = performance.now() + lockPatienceMs;
  for (;;) {
    const { rows } = await session.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [lockKey]);
    if (rows[0]?.held === true) return;
    if (performance.now() > deadline) throw new DataFolderInUseError(`DATA_DIR ${dataDir} is in use by another instance`);
    await delay(50);
  }
}

/** Creates the registry's database unless it is there. */
export async function ensureDatabase(session: Client): Promise<void> {
  const { rowCount } = await session.query('SELECT 1 FROM pg_database WHERE datname = $1', [databaseName]);
  if (rowCount === 0) await session.query(`CREATE DATABASE ${databaseName}`);
}

function address({ port }: RunningServer, password: string) {
  return { host: '127.0.0.1', port, user: userName, password, database: 'postgres', keepAlive: true };
}
