import type { ByteSource } from '../storage-driver.js';
import type { BufferBudget } from './buffer-budget.js';
import { GatheredPart, type Part } from './gathered-part.js';

/** Sockets of Node hand over what they read whole, at most this much at once. */
const chunkBytes = 64 * 1024;

/**
 * `partBytes`: what a part holds at most, as long as chunks are no larger than a socket's. `expectedBytes`: the source's length, if announced.
 * `wholeBytes`: a source of up to this length is one part, while half of the budget is free.
 * `ownsChunks`: a part that is released takes the memory of its chunks along.
 */
export interface PartOptions {
  readonly buffers: BufferBudget;
  readonly partBytes: number;
  readonly wholeBytes?: number;
  readonly expectedBytes?: number;
  readonly ownsChunks?: boolean;
}

/**
 * Gathers a source into parts. Memory is reserved before the source is pulled: one chunk's worth at first, a whole part once that was filled.
 * While others wait, a part that isn't full after the budget's patience leaves as it is, and its source is known to be slow: from then on each
 * chunk reserves its own bytes when it has come and leaves at once, until a part's worth arrives within one patience again. So a slow source
 * holds, between its bytes, nothing; what a socket has read before its turn comes is one chunk, bounded by the number of connections.
 * Where the source throws, what it gave before comes first, then its error.
 */
export async function* partsOf(source: ByteSource, options: PartOptions): AsyncGenerator<Part, void, void> {
  const gathering = new Gathering(source, options);
  try {
    for (let part = await gathering.next(); part; part = await gathering.next()) yield part;
  } finally {
    await gathering.close();
  }
}

class Gathering {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #options: PartOptions;
  /** Asked for and not come yet; it outlives the part that had to leave without it. */
  #pending: Promise<IteratorResult<Uint8Array>> | null = null;
  #received = 0;
  #ended = false;
  #slow = false;
  #window = { since: 0, bytes: 0 };

  constructor(source: ByteSource, options: PartOptions) {
    this.#iterator = source[Symbol.asyncIterator]();
    this.#options = options;
  }

  async next(): Promise<Part | null> {
    while (!this.#ended) {
      // Nothing but the end is to be expected where all that was announced has come: no memory for that.
      const part = this.#slow || this.#expected === 0 ? await this.#takeOne() : await this.#gather();
      if (part) return part;
    }
    // Where the source threw, this throws its error once more, after what came before it.
    await this.#pending;
    return null;
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    const returned = Promise.resolve(this.#iterator.return?.());
    // A source that has been asked for bytes cannot end before they come, and nobody waits for them any more.
    if (this.#pending) returned.catch(() => undefined);
    else await returned;
  }

  async #gather(): Promise<Part | null> {
    const { buffers } = this.#options;
    const reservation = await buffers.reserve(Math.min(this.#partSize, this.#expected, buffers.bytes));
    const part = new GatheredPart(reservation, this.#options.ownsChunks);
    while (part.bytes === 0 || part.hasRoom(Math.min(chunkBytes, this.#expected))) {
      const arrived = await Promise.race([this.#pull(), reservation.wanted]);
      if (!arrived) {
        this.#slow = true;
        break;
      }
      const chunk = this.#accept(arrived);
      if (chunk) part.add(chunk);
      if (this.#ended) break;
    }
    return part.orNothing();
  }

  async #takeOne(): Promise<Part | null> {
    const chunk = this.#accept(await this.#pull());
    if (!chunk) return null;
    const reservation = await this.#options.buffers.reserve(Math.min(chunk.length, this.#options.buffers.bytes));
    this.#slow = !this.#isFast(chunk.length);
    const part = new GatheredPart(reservation, this.#options.ownsChunks);
    part.add(chunk);
    return part;
  }

  get #partSize(): number {
    const { buffers, partBytes, wholeBytes = 0 } = this.#options;
    if (this.#received > 0) return partBytes;
    return this.#expected <= wholeBytes && buffers.free >= buffers.bytes / 2 ? wholeBytes : Math.min(chunkBytes, partBytes);
  }

  /** Bytes still to come; infinite where nothing was announced, or more came than that. */
  get #expected(): number {
    const { expectedBytes = Infinity } = this.#options;
    return this.#received > expectedBytes ? Infinity : expectedBytes - this.#received;
  }

  async #pull(): Promise<IteratorResult<Uint8Array> | 'failed'> {
    this.#pending ??= this.#iterator.next();
    return this.#pending.catch(() => 'failed' as const);
  }

  #accept(arrived: IteratorResult<Uint8Array> | 'failed'): Uint8Array | null {
    this.#ended = arrived === 'failed' || arrived.done === true;
    if (arrived === 'failed') return null;
    this.#pending = null;
    if (arrived.done || arrived.value.length === 0) return null;
    this.#received += arrived.value.length;
    return arrived.value;
  }

  #isFast(bytes: number): boolean {
    const now = performance.now();
    if (now - this.#window.since > this.#options.buffers.patienceMs) this.#window = { since: now, bytes: 0 };
    this.#window.bytes += bytes;
    return this.#window.bytes >= this.#options.partBytes;
  }
}
