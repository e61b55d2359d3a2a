import { spawn, type ChildProcess } from 'node:child_process';
import { childEnvironment, settingsExitCode, type Logger } from '#platform';

/** A program that is to run for as long as we do. */
export interface Program {
  readonly name: string;
  /** Options, script and its arguments. */
  readonly nodeArguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** What the owner of a child wants to hear. */
export interface ChildEvents {
  /** It has another pid, or none. */
  readonly changed: () => void;
  /** It will never start with these settings. */
  readonly unusable: (name: string) => void;
}

const firstPauseMs = 100;
const longestPauseMs = 5_000;
const goodLifeMs = 60_000;
const settingsErrorLimit = 3;

/** One child process: started, restarted with growing pauses when it ends by itself, and ended in order. */
export class SupervisedChild {
  private process: ChildProcess | undefined;
  private timer: NodeJS.Timeout | undefined;
  private startedAt = 0;
  private crashes = 0;
  private settingsErrors = 0;
  private stopping = false;
  private becameReady: () => void = () => undefined;
  /** Settles when it has first said that it is ready. */
  readonly ready = new Promise<void>((resolve) => (this.becameReady = resolve));

  constructor(
    private readonly program: Program,
    private readonly events: ChildEvents,
    private readonly logger: Logger,
  ) {}

  get name(): string {
    return this.program.name;
  }

  get pid(): number | undefined {
    return this.process?.pid;
  }

  start(): void {
    this.startedAt = performance.now();
    const { nodeArguments, environment } = this.program;
    this.process = spawn(process.execPath, nodeArguments, {
      // A group of its own: Ctrl-C in a terminal reaches the supervisor alone, which ends everything in order.
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: childEnvironment(environment),
    });
    this.process.on('message', (message) => this.heard(message));
    // Exactly one of the two tells that it is over; an error after a successful start (of a signal, of a message) does not.
    this.process.once('exit', (code, signal) => this.ended(code, signal));
    this.process.on('error', (error) => this.process?.pid ?? this.ended(null, error.message));
    this.events.changed();
  }

  /** Asks it to finish; kills it after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    const child = this.process;
    if (child === undefined) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    const timer = setTimeout(() => {
      this.logger.warn({ child: this.name, graceMs }, 'not finished in time: killed');
      child.kill('SIGKILL');
    }, graceMs);
    await gone;
    clearTimeout(timer);
  }

  /** Ends it without asking. */
  kill(): void {
    this.process?.kill('SIGKILL');
  }

  private heard(message: unknown): void {
    if (typeof message !== 'object' || message === null || !('ready' in message) || message.ready !== true) return;
    this.logger.info({ child: this.name, childPid: this.pid, ms: Math.round(performance.now() - this.startedAt) }, 'child is ready');
    this.settingsErrors = 0;
    this.becameReady();
  }

  private ended(code: number | null, signal: string | null): void {
    this.process = undefined;
    this.events.changed();
    if (this.stopping) return;
    if (code === settingsExitCode && ++this.settingsErrors === settingsErrorLimit) return this.events.unusable(this.name);
    if (performance.now() - this.startedAt >= goodLifeMs) this.crashes = 0;
    const pauseMs = Math.min(firstPauseMs * 2 ** this.crashes++, longestPauseMs);
    this.logger.error({ child: this.name, code, signal, pauseMs }, 'child ended; starting it again');
    this.timer = setTimeout(() => this.start(), pauseMs);
  }
}
