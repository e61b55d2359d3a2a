import type { Clock } from '../maintenance/pace.js';

/** Time that passes by pauses alone, and at once. */
export class VirtualClock implements Clock {
  #now = 0;
  readonly pauses: number[] = [];

  now(): number {
    return this.#now;
  }

  /** Something else took so long. */
  pass(milliseconds: number): void {
    this.#now += milliseconds;
  }

  pause(milliseconds: number): Promise<void> {
    this.pauses.push(milliseconds);
    this.pass(milliseconds);
    return Promise.resolve();
  }
}
