import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

/** Where the embedded PostgreSQL of a running installation is found, as DATABASE_URL. */
export function databaseUrlOf(dataDir) {
  const port = readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')[3];
  const password = readFileSync(join(dataDir, 'postgres.password'), 'utf8').trim();
  return `postgres://entrepot:${encodeURIComponent(password)}@127.0.0.1:${port}/entrepot`;
}

/** A connection to the database of a running installation. */
export async function connect(dataDir) {
  const client = new pg.Client({ connectionString: databaseUrlOf(dataDir) });
  await client.connect();
  return client;
}
