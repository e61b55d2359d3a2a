import { setTimeout as pause } from 'node:timers/promises';

/** Keeps work at a number of units a second. What was not used in a pause is not made up for. */
export class Pace {
  #free = performance.now();

  /** Infinity: as fast as it goes. */
  constructor(private readonly perSecond: number) {}

  /** Resolves when that much was due to be done; rejects with the signal's reason. */
  async spend(units: number, signal: AbortSignal): Promise<void> {
    this.#free = Math.max(this.#free + (units / this.perSecond) * 1_000, performance.now());
    const early = this.#free - performance.now();
    if (early >= 1) await pause(early, undefined, { signal });
    signal.throwIfAborted();
  }
}

/** Rests for four times as long as what began then took, a second at most, so that requests have the machine for themselves most of the time. */
export async function restAfter(begun: number): Promise<void> {
  await pause(Math.min(4 * (performance.now() - begun), 1_000));
}
