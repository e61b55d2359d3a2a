import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';

export interface OwnedProcessOptions extends Pick<SpawnOptions, 'env' | 'uid' | 'gid' | 'cwd' | 'detached'> {
  /** It says `{ ready: true }` over a channel, and ends when the channel does. */
  readonly channel?: boolean;
}

/** A program that a cluster runs, stops, kills and starts again; it does not outlive this process. */
export class OwnedProcess {
  readonly name: string;
  private readonly command: readonly string[];
  private readonly options: OwnedProcessOptions;
  private readonly log: string[] = [];
  private child: ChildProcess | undefined;
  private readonly endWithUs = () => void this.child?.kill('SIGKILL');

  constructor(name: string, command: readonly string[], options: OwnedProcessOptions = {}) {
    this.name = name;
    this.command = command;
    this.options = options;
  }

  /** Of the process of the moment; undefined while there is none. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** What it has printed, over all its lives. */
  get output(): string {
    return this.log.join('');
  }

  /** Starts it, and waits until `isReady` says so (default: until it says so itself); throws with its output when it ends or takes too long. */
  async start(isReady?: () => Promise<boolean>, withinMs = 60_000): Promise<void> {
    const { channel, ...options } = this.options;
    const [program = '', ...args] = this.command;
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe', ...(channel ? (['ipc'] as const) : [])] });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes: Buffer) => this.log.push(bytes.toString()));
    child.on('error', (error) => this.log.push(`${error.message}\n`));
    child.once('exit', () => {
      if (this.child === child) this.child = undefined;
    });
    process.off('exit', this.endWithUs).on('exit', this.endWithUs);
    let said = false;
    child.on('message', () => (said = true));
    const deadline = Date.now() + withinMs;
    while (!(isReady ? await isReady() : said)) {
      if (this.child !== child) throw new Error(`${this.name} ended while starting:\n${this.output}`);
      if (Date.now() > deadline) throw new Error(`${this.name} was not ready within ${withinMs} ms:\n${this.output}`);
      await new Promise((wake) => setTimeout(wake, 20));
    }
  }

  signal(name: NodeJS.Signals): void {
    this.child?.kill(name);
  }

  /** Asks it to end, and insists after `graceMs`. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', graceMs = 15_000): Promise<void> {
    process.off('exit', this.endWithUs);
    const { child } = this;
    if (!child) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    const impatience = setTimeout(() => child.kill('SIGKILL'), graceMs);
    await gone;
    clearTimeout(impatience);
  }

  /** Ends it as a crash would. */
  kill(): Promise<void> {
    return this.stop('SIGKILL');
  }
}
