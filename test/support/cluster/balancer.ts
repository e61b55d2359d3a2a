import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../running-registry.js';
import { OwnedProcess } from './owned-process.js';

/** Debian's nginx: each request to the next replica, bodies streamed both ways. */
export class Balancer {
  readonly url: string;
  readonly process: OwnedProcess;

  private constructor(url: string, process: OwnedProcess) {
    this.url = url;
    this.process = process;
  }

  static async start(folder: string, replicas: readonly string[], options: { detached?: boolean } = {}): Promise<Balancer> {
    const home = join(folder, 'nginx');
    mkdirSync(home);
    const port = await freePort();
    const config = join(home, 'nginx.conf');
    writeFileSync(config, nginxConfig(home, port, replicas));
    const command = ['nginx', '-p', home, '-c', config, '-e', join(home, 'error.log')];
    const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };
    const balancer = new Balancer(`http://127.0.0.1:${port}`, new OwnedProcess('nginx', command, { ...options, env }));
    await balancer.start();
    return balancer;
  }

  start(): Promise<void> {
    return this.process.start(() => answers(`${this.url}/health/live`));
  }
}

/** docs/deploy.md explains the settings a registry needs of a proxy. */
function nginxConfig(home: string, port: number, replicas: readonly string[]): string {
  const servers = replicas.map((url) => `server ${new URL(url).host} max_fails=1 fail_timeout=1s;`);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${home}/${kind};`);
  return `daemon off;
master_process off;
pid ${home}/pid;
events { worker_connections 4096; }
http {
  access_log off;
  ${temporary.join(' ')}
  upstream replicas { ${servers.join(' ')} keepalive 64; }
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 0;
    merge_slashes off;
    large_client_header_buffers 8 32k;
    location / {
      proxy_pass http://replicas;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Connection "";
      proxy_request_buffering off;
      proxy_buffering off;
      proxy_read_timeout 900s;
      proxy_send_timeout 900s;
    }
  }
}
`;
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
