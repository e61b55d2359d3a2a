import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { signal } from '#platform';
import { sourceOptions } from './source-options.js';

/** What was logged, as objects; `text` for what was no JSON. */
export interface LoggedLine {
  readonly msg?: string;
  readonly text?: string;
  readonly pid?: number;
  readonly [field: string]: unknown;
}

/** A supervisor of stand-ins as a process of its own, with all that it says. */
export class RunningInstance {
  readonly lines: LoggedLine[] = [];
  private readonly process: ChildProcess;
  private readonly exited: Promise<number | null>;
  private wake: () => void = () => undefined;

  constructor(children: readonly string[], environment: Readonly<Record<string, string>>) {
    const script = join(import.meta.dirname, 'instance.ts');
    this.process = spawn(process.execPath, [...sourceOptions, script, ...children], {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', PORT: '0', ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.exited = once(this.process, 'exit').then(([code]) => code as number | null);
    createInterface({ input: this.process.stdout! }).on('line', (line) => {
      this.lines.push(line.startsWith('{') ? (JSON.parse(line) as LoggedLine) : { text: line });
      this.wake();
    });
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** The first line from `start` on that fits; rejects when the supervisor ends without one. */
  async line(fits: (line: LoggedLine) => boolean, start = 0): Promise<LoggedLine> {
    for (;;) {
      const found = this.lines.slice(start).find(fits);
      if (found !== undefined) return found;
      const spoken = new Promise<void>((resolve) => (this.wake = resolve));
      const ended = this.exited.then((code) => {
        throw new Error(`ended with ${code}: ${JSON.stringify(this.lines)}`);
      });
      await Promise.race([spoken, ended]);
    }
  }

  /** Waits until it is ready and answers its URL. */
  async ready(): Promise<string> {
    return String((await this.line(({ msg }) => msg === 'ready'))['url']);
  }

  signal(name: NodeJS.Signals): void {
    this.process.kill(name);
  }

  /** Its exit code, null after a signal. */
  end(name?: NodeJS.Signals): Promise<number | null> {
    if (name !== undefined) this.signal(name);
    return this.exited;
  }

  /** For the end of a test that failed: nothing of it stays, and nothing is asked. */
  destroy(pids: readonly number[]): void {
    for (const pid of [this.pid, ...pids]) signal(pid, 'SIGKILL');
  }
}
