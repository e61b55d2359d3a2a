import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { DatabaseSettings } from '../database/connection-settings.js';
import { Database } from '../database/database.js';
import { migrate } from '../database/migrate.js';

const migrations = fileURLToPath(new URL('../../../../prisma/migrations', import.meta.url));
/** Creating the template is for one process at a time. */
const templateLock = 19_690_720;

/** A spec file's own, migrated database; usable from its first `beforeAll` on. */
export interface TestDatabase {
  readonly url: string;
  /** Connections made on first use, closed after the last test. */
  readonly db: Database;
  /** Another process, as it were; closed after the last test. */
  connect(settings?: Partial<DatabaseSettings>): Database;
  /** Looks at rows, or changes them, behind the stores' back. */
  sql<Row extends object = Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>;
}

/** Gives the spec file that calls it a database of its own, and drops it at the end. The server is the one the unit project's set-up started. */
export function withDatabase(): TestDatabase {
  const name = `spec_${randomUUID().replaceAll('-', '')}`;
  const opened: Database[] = [];
  let direct: pg.Pool | undefined;
  let own: Database | undefined;
  const database: TestDatabase = {
    url: urlOf(name),
    get db() {
      return (own ??= database.connect());
    },
    connect(settings) {
      const db = Database.connect({ url: database.url, applicationName: 'spec', ...settings });
      opened.push(db);
      return db;
    },
    async sql<Row extends object>(text: string, values: unknown[] = []) {
      direct ??= new pg.Pool({ connectionString: database.url, max: 2, application_name: 'spec-direct' }).on('error', () => {});
      return (await direct.query<Row>(text, values)).rows;
    },
  };
  beforeAll(async () => {
    await asAdministrator(async (client) => {
      await client.query(`create database ${name} template ${await prepareTemplate(client)}`);
    });
  }, 60_000);
  afterAll(async () => {
    await Promise.all(opened.map((db) => db.close()));
    await direct?.end();
    await asAdministrator((client) => client.query(`drop database if exists ${name} with (force)`));
  });
  return database;
}

function urlOf(database: string): string {
  // eslint-disable-next-line no-restricted-syntax -- no setting of the product: the unit project's set-up leaves it there
  const url = process.env.ENTREPOT_TEST_DATABASE_URL;
  if (!url) throw new Error('ENTREPOT_TEST_DATABASE_URL is missing: run through jest, --selectProjects unit');
  return Object.assign(new URL(url), { pathname: `/${database}` }).href;
}

async function asAdministrator(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf('postgres') });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** Migrated once per run, then copied. */
async function prepareTemplate(client: pg.Client): Promise<string> {
  const folders = readdirSync(migrations, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const hash = createHash('sha256');
  for (const { name } of folders.sort((a, b) => a.name.localeCompare(b.name)))
    hash.update(name).update(readFileSync(join(migrations, name, 'migration.sql')));
  const template = `template_${hash.digest('hex').slice(0, 16)}`;
  await client.query(`select pg_advisory_lock(${templateLock})`);
  const { rowCount } = await client.query('select from pg_database where datname = $1', [template]);
  if (!rowCount) {
    const unfinished = `${template}_unfinished`;
    await client.query(`drop database if exists ${unfinished}`);
    await client.query(`create database ${unfinished}`);
    await migrate(urlOf(unfinished), migrations);
    await client.query(`alter database ${unfinished} rename to ${template}`);
  }
  await client.query(`select pg_advisory_unlock(${templateLock})`);
  return template;
}
