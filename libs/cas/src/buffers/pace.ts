const stretchBytes = 8 * 1024 * 1024;
const bytesPerMs = (4 * 1024 * 1024) / 1_000;

/**
 * How fast somebody takes what is sent to them: by the last whole stretch of 8 MiB, since the buffers of the kernel alone take the first few MiB
 * of whoever reads nothing at all.
 */
export class Pace {
  #known: 'fast' | 'slow' | null = null;
  #begun = performance.now();
  #bytes = 0;

  /** Took at least 4 MiB/s. Of one whose first stretch isn't over neither is known. */
  get fast(): boolean {
    return this.#known === 'fast';
  }

  get slow(): boolean {
    return this.#known === 'slow';
  }

  /** So many more bytes were taken. */
  taken(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < stretchBytes) return;
    const now = performance.now();
    this.#known = this.#bytes >= (now - this.#begun) * bytesPerMs ? 'fast' : 'slow';
    this.#bytes = 0;
    this.#begun = now;
  }
}
