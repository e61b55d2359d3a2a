const stretchBytes = 8 * 1024 * 1024;
const bytesPerMs = (4 * 1024 * 1024) / 1_000;

/**
 * How fast somebody takes what is given to them: by the last whole stretch of 8 MiB, since the buffers of the kernel alone take the first few MiB
 * of whoever reads nothing at all. Only the time counts in which they have something.
 */
export class Pace {
  #known: 'fast' | 'slow' | null = null;
  #bytes = 0;
  #milliseconds = 0;
  #given = { bytes: 0, at: 0 };

  /** Took at least 4 MiB/s. Of one whose first stretch isn't over neither is known. */
  get fast(): boolean {
    return this.#known === 'fast';
  }

  get slow(): boolean {
    return this.#known === 'slow';
  }

  /** Whether a second buffer, which fills meanwhile, is of use: to the fast, and while there are large ones to whoever isn't slow. */
  readsAhead(hasLarge: boolean): boolean {
    return this.fast || (hasLarge && !this.slow);
  }

  gave(bytes: number): void {
    this.#given = { bytes, at: performance.now() };
  }

  /** They are done with what they were given last, if anything. */
  took(): void {
    if (this.#given.bytes === 0) return;
    this.#bytes += this.#given.bytes;
    this.#milliseconds += performance.now() - this.#given.at;
    this.#given.bytes = 0;
    if (this.#bytes < stretchBytes) return;
    this.#known = this.#bytes >= this.#milliseconds * bytesPerMs ? 'fast' : 'slow';
    this.#bytes = 0;
    this.#milliseconds = 0;
  }
}
