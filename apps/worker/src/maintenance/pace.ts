import { setTimeout as pause } from 'node:timers/promises';

/** The time that a pace is measured by, in milliseconds. */
export interface Clock {
  now(): number;
  pause(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export const realClock: Clock = {
  now: () => performance.now(),
  pause: (milliseconds, signal) => pause(milliseconds, undefined, { signal }),
};

/** Keeps work at a number of units a second. What was not used in a pause is not made up for. */
export class Pace {
  #free: number;

  /** Infinity: as fast as it goes. */
  constructor(
    private readonly perSecond: number,
    private readonly clock = realClock,
  ) {
    this.#free = clock.now();
  }

  /** Resolves when that much was due to be done; rejects with the signal's reason. */
  async spend(units: number, signal: AbortSignal): Promise<void> {
    this.#free = Math.max(this.#free + (units / this.perSecond) * 1_000, this.clock.now());
    const early = this.#free - this.clock.now();
    if (early >= 1) await this.clock.pause(early, signal);
    signal.throwIfAborted();
  }
}

/** Rests for so many times as long as what began then took, a second at most, so that requests have the machine for themselves meanwhile. */
export async function restAfter(begun: number, times: number): Promise<void> {
  await pause(Math.min(times * (performance.now() - begun), 1_000));
}
