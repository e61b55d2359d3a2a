import type { Reservation } from '../../buffers/buffer-budget.js';
import type { ChunkSource } from './chunk-source.js';
import type { PartMemory } from './part-memory.js';

const smallestBlock = 4 * 1024;
const largestBlock = 64 * 1024;

interface Block {
  readonly memory: Buffer;
  readonly reservation: Reservation;
  filled: number;
}

/** Memory that grows with what comes, for a source that is slow or not known yet: between its bytes it holds hardly more than those. */
export class LittleRoom {
  readonly #blocks: Block[] = [];
  #bytes = 0;
  #since = performance.now();

  constructor(private readonly memory: PartMemory) {}

  get bytes(): number {
    return this.#bytes;
  }

  /** For how long bytes have been gathered here. */
  get milliseconds(): number {
    return performance.now() - this.#since;
  }

  /** Resolves when the oldest memory is wanted by others; never while there is none. */
  get wanted(): Promise<unknown> {
    return this.#blocks[0]?.reservation.wanted ?? new Promise(() => undefined);
  }

  /** Takes what the source has at hand, or some of it; false where this memory was wanted back while it waited for more. */
  async add(source: ChunkSource): Promise<boolean> {
    const last = this.#blocks.at(-1);
    const block = last && last.filled < last.memory.length ? last : await this.#another(source.atHand);
    if (!block) return false;
    const bytes = source.take(block.memory.length - block.filled);
    block.memory.set(bytes, block.filled);
    block.filled += bytes.length;
    this.#count(bytes.length);
    return true;
  }

  /** Takes over bytes that nobody else has, and as much of the reservation they stand under. */
  adopt(bytes: Buffer, reservation: Reservation): void {
    reservation.shrink(bytes.length);
    this.#blocks.push({ memory: bytes, reservation, filled: bytes.length });
    this.#count(bytes.length);
  }

  /** All bytes in one piece; the memory stays reserved until {@link release}. */
  bytesSoFar(): Buffer {
    const [only] = this.#blocks;
    const pieces = this.#blocks.map(({ memory, filled }) => memory.subarray(0, filled));
    return only && pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
  }

  release(): void {
    for (const { reservation } of this.#blocks.splice(0)) reservation.release();
    this.#bytes = 0;
  }

  #count(bytes: number): void {
    if (this.#bytes === 0) this.#since = performance.now();
    this.#bytes += bytes;
  }

  async #another(atHand: number): Promise<Block | null> {
    const size = Math.min(Math.max(atHand, smallestBlock), largestBlock, this.memory.buffers.bytes);
    const giveUp = new AbortController();
    const granted = this.memory.reserveOnly(size, giveUp.signal);
    const first = await Promise.race([granted, this.wanted.then(() => null)]);
    if (!first) giveUp.abort();
    // It may have been granted at the last moment.
    const reservation = first ?? (await granted.catch(() => null));
    if (!reservation) return null;
    const block = { memory: Buffer.allocUnsafeSlow(size), reservation, filled: 0 };
    this.#blocks.push(block);
    return block;
  }
}
