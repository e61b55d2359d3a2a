import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { OwnedProcess, type OwnedProcessOptions } from './owned-process.js';

const root = resolve(import.meta.dirname, '../../..');
const nodeProgram = join(root, 'node_modules/.bin/node');

type App = 'api' | 'worker';

/** One program of the built product, as `npm run start:<app>` runs it in production: nobody supervises it. */
export function productProcess(name: string, app: App, options: OwnedProcessOptions): OwnedProcess {
  return new OwnedProcess(name, [nodeProgram, ...argumentsOf(app)], { ...options, channel: true });
}

/** What that script gives to node, from wherever. */
function argumentsOf(app: App): string[] {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  const [, given = ''] = scripts[`start:${app}`]!.split('exec node ');
  const [main = '', ...options] = given.split(' ').toReversed();
  return [...options.toReversed(), join(root, main)];
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
