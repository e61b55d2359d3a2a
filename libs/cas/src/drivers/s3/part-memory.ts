import type { BufferBudget, Reservation } from '../../buffers/buffer-budget.js';
import { minPartBytes } from './part-rule.js';

const smallestBytes = 64 * 1024;
const partBytes = 8 * 1024 * 1024;

/**
 * The memory that uploads gather parts in, kept and lent again: fresh memory costs more than what is copied into it. Sizes are rounded up to
 * a few, and reserved so. What is kept is never more than what nobody has reserved, so that all is within the budget.
 */
export class PartMemory {
  readonly #kept: Buffer[] = [];
  #keptBytes = 0;

  constructor(readonly buffers: BufferBudget) {}

  /** Waits for its turn. */
  async reserve(length: number): Promise<LentMemory> {
    const size = this.sizeFor(length);
    let memory: Buffer | undefined;
    const reservation = await this.buffers.reserve(size, undefined, () => (memory = this.take(size)));
    return new LentMemory(this, { reservation, memory: memory! }, length);
  }

  /** Null where there would be a wait. */
  async reserveAtOnce(length: number): Promise<LentMemory | null> {
    const { waiting, free } = this.buffers;
    return waiting === 0 && free >= this.sizeFor(length) ? this.reserve(length) : null;
  }

  /** A reservation alone, for memory of one's own. Rejects with the signal's reason. */
  async reserveOnly(bytes: number, signal?: AbortSignal): Promise<Reservation> {
    const reservation = await this.buffers.reserve(bytes, signal);
    this.#trim();
    return reservation;
  }

  /** What takes that many bytes. */
  sizeFor(length: number): number {
    return Math.min(roundUp(length), Math.max(this.buffers.bytes, length));
  }

  /** Memory of a size that was reserved. */
  take(size: number): Buffer {
    const at = this.#kept.findLastIndex((memory) => memory.length === size);
    const found = at < 0 ? Buffer.allocUnsafeSlow(size) : this.#kept.splice(at, 1)[0]!;
    if (at >= 0) this.#keptBytes -= size;
    this.#trim();
    return found;
  }

  /** Memory whose reservation `release` gives back: first of all to whoever has waited for as much, then it would be more than is free. */
  keep(memory: Buffer, release: () => void): void {
    this.#kept.push(memory);
    this.#keptBytes += memory.length;
    release();
    this.#trim();
  }

  #trim(): void {
    while (this.#keptBytes > this.buffers.free && this.#kept.length > 0) this.#keptBytes -= this.#kept.shift()!.length;
  }
}

/** Memory under a reservation, until released. */
export class LentMemory {
  readonly reservation: Reservation;
  #memory: Buffer;

  constructor(
    private readonly pool: PartMemory,
    { reservation, memory }: { readonly reservation: Reservation; readonly memory: Buffer },
    private length: number,
  ) {
    this.reservation = reservation;
    this.#memory = memory;
  }

  /** As many bytes as were asked for. */
  get bytes(): Buffer {
    return this.#memory.subarray(0, this.length);
  }

  /** Keeps the first bytes only, in smaller memory where there is some. */
  shrink(length: number): void {
    this.length = length;
    const size = this.pool.sizeFor(length);
    if (size >= this.#memory.length) return;
    const smaller = this.pool.take(size);
    this.#memory.copy(smaller, 0, 0, length);
    this.pool.keep(this.#memory, () => this.reservation.shrink(size));
    this.#memory = smaller;
  }

  release(): void {
    this.#giveBack(() => this.reservation.release());
  }

  /** Gives the memory back but for so many bytes of its reservation, which are left to the caller. */
  leaveReservation(bytes: number): Reservation {
    this.#giveBack(() => this.reservation.shrink(bytes));
    return this.reservation;
  }

  #giveBack(release: () => void): void {
    const memory = this.#memory;
    this.#memory = Buffer.alloc(0);
    if (memory.length > 0) this.pool.keep(memory, release);
    else release();
  }
}

/** To a power of two, or one and what is seen of the next part before one leaves. */
function roundUp(length: number): number {
  const power = smallestBytes * 2 ** Math.max(0, Math.ceil(Math.log2(length / smallestBytes)));
  const part = power / 2 + minPartBytes;
  return power / 2 >= partBytes && length <= part ? part : power;
}
