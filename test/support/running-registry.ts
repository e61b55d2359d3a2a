// Imported by jest's global setup without a transform: types that can be stripped only, no project imports.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export interface RunningRegistryOptions {
  /** Settings on top of the defaults; DATA_DIR, HOST and PORT may be given too. */
  readonly env?: Readonly<Record<string, string>>;
  /** A data folder to go on with; it stays when the registry stops. */
  readonly dataDir?: string;
  readonly readyWithinMs?: number;
}

const root = resolve(import.meta.dirname, '../..');

/** The built product as a process of its own, on loopback, with a data folder of its own. */
export class RunningRegistry {
  readonly url: string;
  readonly dataDir: string;
  readonly child: ChildProcess;
  /** Resolves when the supervisor has gone. */
  readonly exited: Promise<void>;
  private readonly temporary: boolean;
  private readonly log: string[] = [];
  private readonly endWithUs = () => void this.child.kill('SIGTERM');

  private constructor(child: ChildProcess, place: { url: string; dataDir: string; temporary: boolean }) {
    this.child = child;
    this.url = place.url;
    this.dataDir = place.dataDir;
    this.temporary = place.temporary;
    this.exited = once(child, 'close').then(() => undefined);
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes: Buffer) => this.log.push(bytes.toString()));
    process.on('exit', this.endWithUs);
  }

  /** Starts it and waits until it is ready; throws with its output when it isn't in time. */
  static async start(options: RunningRegistryOptions = {}): Promise<RunningRegistry> {
    const dataDir = options.dataDir ?? options.env?.['DATA_DIR'] ?? (await temporaryFolder());
    const env = { HOST: '127.0.0.1', PORT: String(await freePort()), MIN_FREE_MIB: '64', ...options.env, DATA_DIR: dataDir };
    const child = spawn(join(root, 'node_modules/.bin/node'), ['dist/apps/supervisor/src/main.js'], {
      cwd: root,
      env: { ...process.env, NODE_OPTIONS: '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const temporary = options.dataDir === undefined && options.env?.['DATA_DIR'] === undefined;
    const registry = new RunningRegistry(child, { url: `http://${env.HOST}:${env.PORT}`, dataDir, temporary });
    await registry.untilReady(options.readyWithinMs ?? 60_000);
    return registry;
  }

  /** Everything it has printed so far. */
  get output(): string {
    return this.log.join('');
  }

  /** Waits for `GET /health/ready` to be 200. */
  async untilReady(withinMs = 60_000): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (!(await isReady(this.url))) {
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`the registry ended while starting:\n${this.output}`);
      if (Date.now() > deadline) {
        await this.stop();
        throw new Error(`the registry was not ready within ${withinMs} ms:\n${this.output}`);
      }
      await new Promise((wake) => setTimeout(wake, 50));
    }
  }

  /** Ends it as an operator would, waits, removes a folder that was made here; answers the exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    await this.exited;
    process.off('exit', this.endWithUs);
    if (this.temporary) await rm(this.dataDir, { recursive: true, force: true });
    return this.child.exitCode;
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(5_000) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

/**
 * A port that is free, and that the system lends to no outgoing connection by itself (32768 and more, by Linux's default): tests reserve it for a
 * server that is started later, or killed and started again.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_240, 32_768);
    const server = createServer();
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening');
    } catch {
      continue;
    }
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** Reachable for the `postgres` user too, whom the embedded PostgreSQL runs as under root. */
async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'entrepot-'));
  await chmod(folder, 0o755);
  return folder;
}
