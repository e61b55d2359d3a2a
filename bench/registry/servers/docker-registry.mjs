import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OwnedProcess } from '../../../test/support/cluster/owned-process.ts';
import { freePort } from '../../../test/support/running-registry.ts';
import { answers } from './answers.mjs';

/** Debian's docker-registry, configured as Debian does, but for the address, the log (errors only, nobody pays for it) and no login. */
export class DockerRegistry {
  name = 'docker-registry';

  static async start(folder, storage) {
    const server = new DockerRegistry();
    const home = join(folder, 'docker-registry');
    mkdirSync(home);
    const port = await freePort();
    server.storage = storage.of('docker-registry', join(home, 'data'));
    const config = join(home, 'config.yml');
    writeFileSync(config, configuration(port, server.storage.yaml));
    // With a bundle of certificates named there its S3 driver refuses to start.
    const { AWS_CA_BUNDLE: _, ...env } = process.env;
    server.process = new OwnedProcess('docker-registry', ['docker-registry', 'serve', config], { env });
    server.url = `http://127.0.0.1:${port}`;
    await server.process.start(() => answers(`${server.url}/v2/`));
    return server;
  }

  get pid() {
    return this.process.pid;
  }

  servingProcesses() {
    return [this.pid];
  }

  /** Its links stay; nobody asks for them again. */
  async forget(before) {
    await this.storage.removeAllBut(before);
  }

  async stop() {
    await this.process.stop();
  }
}

function configuration(port, storage) {
  return `version: 0.1
log:
  level: error
  accesslog:
    disabled: true
storage:
  cache:
    blobdescriptor: inmemory
${storage}
  delete:
    enabled: true
http:
  addr: 127.0.0.1:${port}
  headers:
    X-Content-Type-Options: [nosniff]
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
`;
}
