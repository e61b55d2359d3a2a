import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reportOf } from './report.mjs';

/** What a run finds, in `<folder>/<storage>.json` and beside it as Markdown; written after each row, so that it stays however the run ends. */
export class Results {
  rows = [];
  /** Each single measurement, by row and server. */
  measured = {};
  startUp;

  constructor(folder, machine) {
    this.file = join(folder, machine.storage);
    this.machine = machine;
    mkdirSync(folder, { recursive: true });
    this.#goOn();
  }

  add(summary, measured) {
    this.rows = [...this.rows.filter(({ name }) => name !== summary.name), summary];
    this.measured[summary.name] = measured;
    this.write();
  }

  write() {
    const { machine, rows, startUp, measured } = this;
    writeFileSync(`${this.file}.json`, `${JSON.stringify({ machine, rows, startUp, measured }, null, 1)}\n`);
    writeFileSync(`${this.file}.md`, this.report);
  }

  get report() {
    return reportOf(this);
  }

  get failed() {
    return this.rows.some(({ failure }) => failure);
  }

  /** Rows measured one by one make one table, if it was the same commit on the same machine in the same way. */
  #goOn() {
    const earlier = read(`${this.file}.json`);
    if (this.machine.isCommitted && JSON.stringify(earlier?.machine) === JSON.stringify(this.machine)) Object.assign(this, earlier);
  }
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
