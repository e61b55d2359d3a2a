const largeBytes = 1024 * 1024;
const smallBytes = 64 * 1024;
const maxIdleSmall = 64;

/** Whether a lent buffer is one of the few large ones. */
export function isLarge(buffer: Buffer): boolean {
  return buffer.length === largeBytes;
}

/** The buffers that downloads of a process read into, kept for the next download. `bytes`: what large buffers may take together, 24 MiB by default. */
export class ReadBuffers {
  readonly #maxLarge: number;
  readonly #large: Buffer[] = [];
  readonly #small: Buffer[] = [];
  #largeMade = 0;

  constructor({ bytes = 24 * largeBytes }: { readonly bytes?: number } = {}) {
    this.#maxLarge = Math.floor(bytes / largeBytes);
  }

  /** A buffer of 1 MiB while there are any, else of 64 KiB; of 64 KiB as well where that is all that is wanted. */
  take(wantedBytes: number): Buffer {
    if (wantedBytes > smallBytes) {
      const idle = this.#large.pop();
      if (idle) return idle;
      if (this.#largeMade < this.#maxLarge) {
        this.#largeMade += 1;
        return Buffer.allocUnsafeSlow(largeBytes);
      }
    }
    return this.#small.pop() ?? Buffer.allocUnsafeSlow(smallBytes);
  }

  /** Gives back what {@link take} lent, once. */
  give(buffer: Buffer): void {
    if (isLarge(buffer)) this.#large.push(buffer);
    else if (this.#small.length < maxIdleSmall) this.#small.push(buffer);
  }

  /** Large buffers lent at the moment. */
  get lent(): number {
    return this.#largeMade - this.#large.length;
  }
}
