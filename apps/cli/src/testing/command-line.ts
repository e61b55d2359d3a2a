import { loadSettings } from '#platform';
import type { TestDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { runProgram } from '../run-program.js';

/** What a command line came to. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Surroundings {
  /** What the person at the terminal answers; absent: nobody is there. */
  readonly answer?: string;
  readonly terminal?: boolean;
  readonly interrupted?: AbortSignal;
  /** Filled while it runs, for those who want to watch. */
  readonly written?: { out: string; err: string };
  readonly env?: Readonly<Record<string, string>>;
}

/** The program as a shell would run it, on the database of a spec. */
export class CommandLine {
  constructor(private readonly database: TestDatabase) {}

  async run(args: readonly string[], { answer, terminal = false, interrupted, env, ...more }: Surroundings = {}): Promise<Outcome> {
    const written = more.written ?? { out: '', err: '' };
    const code = await runProgram(args, {
      stdout: { write: (text) => (written.out += text) },
      stderr: { write: (text) => (written.err += text), isTTY: terminal, columns: 200 },
      settings: () => loadSettings({ DATABASE_URL: this.database.url, ...env }),
      ask: (question) => {
        written.err += question;
        return Promise.resolve(answer ?? null);
      },
      interrupted: interrupted ?? new AbortController().signal,
    });
    return { code, ...written };
  }

  /** Runs what has to succeed; answers the lines it printed. */
  async lines(...args: string[]): Promise<string[]> {
    const outcome = await this.run(args);
    expect(outcome).toMatchObject({ code: 0 });
    return outcome.out.trimEnd().split('\n');
  }

  /** Runs what has to succeed; answers the document it printed. */
  async json<Answer = unknown>(...args: string[]): Promise<Answer> {
    const outcome = await this.run([...args, '--json']);
    expect(outcome).toMatchObject({ code: 0 });
    return JSON.parse(outcome.out) as Answer;
  }
}
