import type { Shell } from '../shell.js';
import { ProgressLine } from './progress-line.js';
import { tableOf, type Cell } from './table.js';

/** How a command answers: text for people, or one JSON document. Everything else goes to standard error. */
export class Output {
  readonly progress: ProgressLine;

  constructor(
    private readonly shell: Pick<Shell, 'stdout' | 'stderr'>,
    readonly json: boolean,
  ) {
    this.progress = new ProgressLine(shell.stderr);
  }

  /** The answer: a document for programs, or what `text` makes of it for people. */
  answer(document: unknown, text: () => string | readonly string[]): void {
    this.progress.clear();
    const lines = this.json ? [JSON.stringify(document)] : [text()].flat();
    this.shell.stdout.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** The same for rows; `none`: what is said where there are none. */
  rows<Row>(rows: readonly Row[], columns: Readonly<Record<string, (row: Row) => Cell>>, none: string): void {
    this.answer(rows, () => (rows.length === 0 ? none : tableOf(rows, columns)));
  }

  /** A remark that is no part of the answer. */
  remark(text: string): void {
    this.progress.clear();
    this.shell.stderr.write(`${text}\n`);
  }
}
