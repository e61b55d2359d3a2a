/** Bytes granted out of a {@link BufferBudget}, until released. */
export interface Reservation {
  /** How many are granted still. */
  readonly bytes: number;
  /** Resolves when others wait while this one is older than the budget's patience: its holder should write out what it has, and release. */
  readonly wanted: Promise<void>;
  /** Gives back all but that many bytes; more than there are is a RangeError. */
  shrink(bytes: number): void;
  /** Gives the bytes back; the second call does nothing. */
  release(): void;
}

/** `bytes`: what may be held at once. `patienceMs`: how long a reservation is left alone while others wait. */
export interface BufferBudgetOptions {
  readonly bytes: number;
  readonly patienceMs?: number;
}

interface Waiter {
  readonly bytes: number;
  readonly grant: () => void;
}

interface Held {
  bytes: number;
  readonly since: number;
  readonly want: () => void;
}

/**
 * The bytes that all uploads of a process may hold together. First come, first served, so that nobody starves; and whoever holds its share for
 * longer than the patience while others wait is asked to give it back, so that slow ones cannot keep it from fast ones.
 */
export class BufferBudget {
  readonly bytes: number;
  readonly patienceMs: number;
  readonly #queue: Waiter[] = [];
  /** Oldest first, as sets keep the order of insertion. */
  readonly #held = new Set<Held>();
  #free: number;
  #watch: NodeJS.Timeout | null = null;

  constructor({ bytes, patienceMs = 1_000 }: BufferBudgetOptions) {
    if (!(bytes > 0)) throw new RangeError(`a buffer budget of ${bytes} bytes`);
    this.bytes = bytes;
    this.patienceMs = patienceMs;
    this.#free = bytes;
  }

  /** How many reservations are waited for. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Bytes not granted at the moment. */
  get free(): number {
    return this.#free;
  }

  /**
   * Waits for its turn; rejects with the signal's reason when that comes first. Throws RangeError for more bytes than there are at all.
   * `granted` is called within the very release that makes room, so that what is given back there can be had here.
   */
  reserve(bytes: number, signal?: AbortSignal, granted?: () => void): Promise<Reservation> {
    if (!(bytes >= 0 && bytes <= this.bytes)) throw new RangeError(`${bytes} bytes of a budget of ${this.bytes}`);
    if (this.#queue.length === 0 && bytes <= this.#free) return Promise.resolve(this.#grant(bytes, granted));
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const waiter: Waiter = {
        bytes,
        grant: () => {
          signal?.removeEventListener('abort', giveUp);
          resolve(this.#grant(bytes, granted));
        },
      };
      const giveUp = () => {
        this.#queue.splice(this.#queue.indexOf(waiter), 1);
        this.#serve();
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#queue.push(waiter);
      this.#watch ??= setInterval(() => this.#askBack(), Math.max(1, this.patienceMs / 4));
    });
  }

  #grant(bytes: number, granted?: () => void): Reservation {
    this.#free -= bytes;
    granted?.();
    const { promise: wanted, resolve: want } = Promise.withResolvers<void>();
    const held: Held = { bytes, since: performance.now(), want };
    this.#held.add(held);
    return {
      get bytes() {
        return held.bytes;
      },
      wanted,
      shrink: (rest) => this.#shrink(held, rest),
      release: () => {
        this.#shrink(held, 0);
        this.#held.delete(held);
      },
    };
  }

  #shrink(held: Held, rest: number): void {
    if (!(rest >= 0 && rest <= held.bytes)) throw new RangeError(`${rest} bytes left of ${held.bytes}`);
    this.#free += held.bytes - rest;
    held.bytes = rest;
    this.#serve();
  }

  #serve(): void {
    for (let first = this.#queue[0]; first && first.bytes <= this.#free; first = this.#queue[0]) {
      this.#queue.shift();
      first.grant();
    }
    if (this.#queue.length > 0 || !this.#watch) return;
    clearInterval(this.#watch);
    this.#watch = null;
  }

  #askBack(): void {
    const before = performance.now() - this.patienceMs;
    for (const held of this.#held) {
      if (held.since > before) return;
      held.want();
    }
  }
}
