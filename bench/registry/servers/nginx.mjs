import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OwnedProcess } from '../../../test/support/cluster/owned-process.ts';
import { freePort } from '../../../test/support/running-registry.ts';
import { answers } from './answers.mjs';

/** nginx that serves the same bytes as plain files: what the machine can do. */
export class Nginx {
  name = 'nginx, files';
  isFileServer = true;

  static async start(folder) {
    const server = new Nginx();
    server.home = join(folder, 'nginx');
    mkdirSync(join(server.home, 'files'), { recursive: true });
    const port = await freePort();
    const config = join(server.home, 'nginx.conf');
    writeFileSync(config, configuration(server.home, port));
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
    const command = ['nginx', '-p', server.home, '-c', config, '-e', join(server.home, 'error.log')];
    server.process = new OwnedProcess('nginx', command, { env });
    server.url = `http://127.0.0.1:${port}`;
    server.place({ path: '/ready', parts: () => [Buffer.from('ready')] });
    await server.process.start(() => answers(`${server.url}/ready`));
    return server;
  }

  get pid() {
    return this.process.pid;
  }

  servingProcesses() {
    return [this.pid];
  }

  /** Makes a file that is found at this path. */
  place({ path, parts }) {
    const file = join(this.home, 'files', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '');
    for (const part of parts()) writeFileSync(file, part, { flag: 'a' });
  }

  async stop() {
    await this.process.stop();
  }
}

function configuration(home, port) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${home}/${kind};`);
  const user = process.getuid() === 0 ? 'user root;' : '';
  return `daemon off;
${user}
worker_processes auto;
pid ${home}/pid;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000000;
  ${temporary.join(' ')}
  server {
    listen 127.0.0.1:${port};
    root ${home}/files;
  }
}
`;
}
