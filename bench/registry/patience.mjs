import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { cpuOfMachine } from './processes.mjs';

const longestWaitMs = 20_000;
const lookMs = 200;
const busyShare = 0.08;
/** A share of foreign CPU above which a measurement is disturbed. */
export const disturbedShare = 0.1;

/** Waiting for a machine that others use less: so many seconds in a whole run, then it measures what it meets, and says so. */
export class Patience {
  #leftMs;

  constructor(seconds) {
    this.#leftMs = seconds * 1_000;
  }

  get isLeft() {
    return this.#leftMs > 0;
  }

  /** Waits until hardly anybody uses the processors, and nothing is left to be written to disk: it would be in the middle of what is measured next. */
  async untilQuiet() {
    await promisify(execFile)('sync');
    const begun = performance.now();
    const longest = Math.max(lookMs, Math.min(longestWaitMs, this.#leftMs));
    const waited = () => performance.now() - begun;
    while (waited() < longest && (await shareOfUse()) > busyShare);
    this.#leftMs -= Math.max(0, waited() - lookMs);
  }

  /** Does something again, twice at most, while the answer says that others disturbed it; answers the least disturbed. */
  async leastDisturbed(measure) {
    let best = await measure();
    for (let attempt = 2; attempt <= 3 && this.isLeft && best.foreignShare > disturbedShare; attempt += 1) {
      const begun = performance.now();
      const other = await measure();
      if (other.failure || other.foreignShare < best.foreignShare) best = other;
      this.#leftMs -= performance.now() - begun;
    }
    return best;
  }
}

async function shareOfUse() {
  const before = cpuOfMachine();
  await pause(lookMs);
  const after = cpuOfMachine();
  return (after.used - before.used) / (after.all - before.all);
}
