import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { OwnedProcess, type OwnedProcessOptions } from './owned-process.js';

const root = resolve(import.meta.dirname, '../../..');
const nodeProgram = join(root, 'node_modules/.bin/node');

/** One program of the built product, as it runs in production: nobody supervises it. */
export function productProcess(name: string, app: 'api' | 'worker', options: OwnedProcessOptions): OwnedProcess {
  const command = {
    api: ['--single-threaded-gc', '--expose-gc', join(root, 'dist/apps/api/main.js')],
    worker: [join(root, 'dist/apps/worker/src/main.js')],
  };
  const node = [nodeProgram, '--enable-source-maps', '--max-semi-space-size=16', '--heap-growing-percent=150'];
  return new OwnedProcess(name, [...node, ...command[app]], { ...options, channel: true });
}

/** Brings a database up to date, and waits; throws with what was printed when that fails. */
export async function migrateDatabase(env: NodeJS.ProcessEnv): Promise<void> {
  await promisify(execFile)(nodeProgram, [join(root, 'dist/apps/supervisor/src/migrate.js')], { env });
}

/** An api replica: a process, and the address it keeps over restarts. */
export class Replica {
  readonly url: string;
  readonly process: OwnedProcess;

  constructor(process: OwnedProcess, port: number) {
    this.process = process;
    this.url = `http://127.0.0.1:${port}`;
  }

  start(): Promise<void> {
    return this.process.start();
  }

  /** Drains and starts it again, as a rolling update does. */
  async restart(): Promise<void> {
    await this.process.stop();
    await this.start();
  }

  /** The status of /health/ready; 0 where nobody answers in time. */
  async readiness(withinMs = 5_000): Promise<number> {
    try {
      const response = await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(withinMs) });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return 0;
    }
  }
}
