import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:net';
import { freePort } from '../running-registry.js';
import { OwnedProcess } from './owned-process.js';
import { accountForServers } from './postgres-server.js';

/** Debian's PgBouncer in transaction mode, with its own defaults otherwise: what it does not know is refused. */
export class Pooler {
  readonly url: string;
  readonly process: OwnedProcess;
  private readonly port: number;

  private constructor(url: string, process: OwnedProcess) {
    this.url = url;
    this.port = Number(new URL(url).port);
    this.process = process;
  }

  static async start(folder: string, databaseUrl: string, options: { detached?: boolean } = {}): Promise<Pooler> {
    const account = accountForServers();
    const home = join(folder, 'pgbouncer');
    mkdirSync(home);
    const url = new URL(databaseUrl);
    const users = join(home, 'users.txt');
    writeFileSync(users, `"${url.username}" "${url.password}"\n`);
    const port = await freePort();
    const config = join(home, 'pgbouncer.ini');
    writeFileSync(config, poolerConfig(url, users, port));
    if (account) for (const path of [home, users, config]) chownSync(path, account.uid, account.gid);
    url.port = String(port);
    const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };
    const pooler = new Pooler(url.href, new OwnedProcess('PgBouncer', ['pgbouncer', config], { ...account, ...options, env, cwd: home }));
    await pooler.start();
    return pooler;
  }

  start(): Promise<void> {
    return this.process.start(() => accepts(this.port));
  }
}

function poolerConfig({ hostname, port, pathname }: URL, users: string, listenPort: number): string {
  return `[databases]
${pathname.slice(1)} = host=${hostname} port=${port} dbname=${pathname.slice(1)}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listenPort}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = 8
max_client_conn = 500
`;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => (resolve(true), socket.destroy()));
    socket.once('error', () => resolve(false));
  });
}
