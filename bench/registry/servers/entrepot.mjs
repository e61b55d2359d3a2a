import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { OwnedProcess } from '../../../test/support/cluster/owned-process.ts';
import { freePort } from '../../../test/support/running-registry.ts';
import { connect } from '../../installation-database.mjs';
import { bulkyRepository } from '../content.mjs';
import { findInTree } from '../processes.mjs';
import { answers } from './answers.mjs';

/** What `npm start` runs, with defaults: supervisor, api, worker and the embedded PostgreSQL. */
export class Entrepot {
  name = 'Entrepot';

  static async start(folder, storage) {
    const server = new Entrepot();
    server.dataDir = join(folder, 'entrepot');
    mkdirSync(server.dataDir);
    // The user that PostgreSQL runs as under root has to get through.
    chmodSync(server.dataDir, 0o755);
    const port = await freePort();
    const { HOME, PATH, TMPDIR } = process.env;
    // No setting of whoever runs this.
    const env = { HOME, PATH, ...(TMPDIR && { TMPDIR }), PORT: String(port), DATA_DIR: server.dataDir };
    server.storage = storage.of('entrepot', join(server.dataDir, 'storage'));
    server.process = new OwnedProcess('Entrepot', [process.execPath, 'tools/start.mjs'], {
      env: { ...env, ...server.storage.environment },
    });
    server.url = `http://127.0.0.1:${port}`;
    await server.process.start(() => answers(`${server.url}/health/ready`));
    server.database = await connect(server.dataDir);
    return server;
  }

  get pid() {
    return this.process.pid;
  }

  servingProcesses() {
    return [findInTree(this.pid, 'apps/api'), findInTree(this.pid, 'apps/worker')];
  }

  /** Rows and bytes of what was pushed since storage held `before`; the collector would take a day to begin. */
  async forget(before) {
    const { rows } = await this.database.query(
      `delete from blob_links l using repositories r where r.id = l.repository and r.name = $1 returning l.digest`,
      [bulkyRepository],
    );
    await this.database.query('delete from blobs where digest = any($1)', [rows.map(({ digest }) => digest)]);
    await this.storage.removeAllBut(before);
  }

  async stop() {
    await this.database.end();
    // Longer than it grants the requests of a run that was cut short.
    await this.process.stop('SIGTERM', 60_000);
  }
}
