import { jest } from '@jest/globals';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { createLogger } from '../logger.js';
import { commandLineOf, signal, waitUntilGone } from '../process-identity.js';
import { clusterFolderOf } from './cluster-home.js';
import { DataFolderInUseError } from './embedded-postgres-error.js';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { NotRunningError, runningDatabaseUrl } from './running-database.js';

// Processes start and end here, on a machine that may be busy with other specs.
jest.setTimeout(60_000);

const logger = createLogger({ process: 'spec', level: 'silent' });
const asRoot = process.getuid?.() === 0;

describe('EmbeddedPostgres', () => {
  let dataDir: string;
  const running = new Set<EmbeddedPostgres>();
  const starts: Promise<unknown>[] = [];

  const start = (onLost?: (error: Error) => void) => {
    const started = EmbeddedPostgres.start({ dataDir, maxConnections: 20, logger, onLost }).then((postgres) => {
      running.add(postgres);
      return postgres;
    });
    starts.push(started);
    return started;
  };
  const stop = async (postgres: EmbeddedPostgres) => {
    running.delete(postgres);
    await postgres.stop();
  };

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'entrepot-platform-'));
    await chmod(dataDir, 0o755);
  });

  afterEach(async () => {
    // Also those of a test that ran out of time.
    await Promise.allSettled(starts.splice(0));
    for (const postgres of running) await stop(postgres);
    await rm(clusterFolderOf(dataDir), { recursive: true, force: true });
    await rm(dataDir, { recursive: true, force: true });
  });

  it('keeps what was written from one start to the next, and leaves no server behind', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const { pid } = first;
    await stop(first);
    expect(commandLineOf(pid)).toBeUndefined();
    const second = await start();
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    expect(await query(second.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
    expect(statSync(join(dataDir, 'postgres.password')).mode & 0o777).toBe(0o600);
    expect(readdirSync(dataDir).filter((name) => name.includes('.new-'))).toEqual([]);
  });

  it('is found by other processes of the machine while it runs, and only then', async () => {
    expect(() => runningDatabaseUrl(join(dataDir, 'none'))).toThrow('there is no such folder');
    expect(() => runningDatabaseUrl(dataDir)).toThrow(
      new NotRunningError(`no instance runs on DATA_DIR ${dataDir}: start it, or give DATABASE_URL`),
    );
    const postgres = await start();
    expect(runningDatabaseUrl(dataDir)).toBe(postgres.url);
    expect(await query(runningDatabaseUrl(dataDir), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await stop(postgres);
    expect(() => runningDatabaseUrl(dataDir)).toThrow(NotRunningError);
  });

  it('lets nobody in without the password', async () => {
    const postgres = await start();
    await expect(query(postgres.url.replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1')).rejects.toThrow('password authentication failed');
  });

  it('refuses a second instance, which damages nothing', async () => {
    const first = await start();
    await expect(start()).rejects.toThrow(new DataFolderInUseError(`DATA_DIR ${dataDir} is in use by another instance`));
    expect(await query(first.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('lets one of two instances win that start at the same moment on an empty folder', async () => {
    const outcomes = await Promise.allSettled([start(), start()]);
    expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
    const [winner] = running;
    expect(await query(winner!.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('comes back on the same port when the server is killed', async () => {
    const postgres = await start();
    await query(postgres.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    const { pid, url } = postgres;
    signal(pid, 'SIGKILL');
    await waitUntilGone(pid, 5_000);
    expect(await eventually(() => query(url, 'SELECT answer FROM kept'))).toEqual([{ answer: 42 }]);
    await eventually(async () => expect(postgres.pid).not.toBe(pid));
  });

  it('goes on when a crash of one session restarts the whole server', async () => {
    const postgres = await start();
    const { pid, url } = postgres;
    const [backend] = await query(url, "SELECT pid FROM pg_stat_activity WHERE application_name = 'entrepot-supervisor'");
    signal(Number(backend!.pid), 'SIGKILL');
    const held = "SELECT 1 AS held FROM pg_locks WHERE locktype = 'advisory' AND granted";
    expect(await eventually(async () => expect(await query(url, held)).toEqual([{ held: 1 }]))).toBeUndefined();
    expect(postgres.pid).toBe(pid);
  });

  it('says what is wrong when the cluster is of another version', async () => {
    await stop(await start());
    await writeFile(join(clusterFolderOf(dataDir), 'PG_VERSION'), '9\n');
    await expect(start()).rejects.toThrow(/was made by PostgreSQL 9, this is 18/);
  });

  (asRoot ? it : it.skip)('keeps the cluster where its user can reach it, when that is not DATA_DIR', async () => {
    await chmod(dataDir, 0o700);
    const first = await start();
    const cluster = clusterFolderOf(dataDir);
    expect(cluster).toMatch(/^\/var\/lib\/entrepot\//);
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await stop(first);
    const second = await start();
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
    expect(existsSync(join(cluster, 'PG_VERSION'))).toBe(true);
  });
});

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function eventually<Value>(attempt: () => Promise<Value>): Promise<Value> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(50);
    }
  }
}
