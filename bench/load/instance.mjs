import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunningRegistry } from '../../test/support/running-registry.ts';
import { CephBucket } from '../support/ceph-bucket.mjs';
import { productProcess } from '../support/product-process.mjs';

/** The built product as `npm start` runs it, with one api process and a data folder of its own, until the scenario ends or stops it. */
export async function startInstance(scenario, env = {}) {
  const compiled = scenario.temporaryFolder();
  const registry = await RunningRegistry.start({ env: { LOG_LEVEL: 'warn', NODE_COMPILE_CACHE: compiled, ...env } });
  const stop = scenario.atEnd(() => registry.stop());
  return { url: registry.url, supervisor: registry.child.pid, api: productProcess(registry.child.pid, 'api'), stop };
}

/** An empty bucket in a store of its own, in a file of at most that many bytes. */
export async function startBucket(scenario, bytes) {
  const bucket = await CephBucket.start({ name: 'load', bytes });
  scenario.atEnd(() => bucket.stop());
  return bucket;
}

/** What a run has open, and gives back at its end, the last first. */
export class Scenario {
  #open = [];

  /** Answers a function that does it now; done once in any case. */
  atEnd(work) {
    const once = async () => {
      const at = this.#open.indexOf(once);
      if (at >= 0) await this.#open.splice(at, 1)[0].work();
    };
    once.work = work;
    this.#open.push(once);
    return once;
  }

  temporaryFolder() {
    const folder = mkdtempSync(join(tmpdir(), 'load-'));
    this.atEnd(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  async end() {
    while (this.#open.length > 0) await this.#open.at(-1)();
  }
}
