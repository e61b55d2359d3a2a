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
    const reservation = await this.buffers.reserve(this.sizeFor(length));
    return new LentMemory(this, reservation, length);
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

  /** Memory whose reservation has been released. */
  keep(memory: Buffer): void {
    this.#kept.push(memory);
    this.#keptBytes += memory.length;
    this.#trim();
  }

  #trim(): void {
    while (this.#keptBytes > this.buffers.free && this.#kept.length > 0) this.#keptBytes -= this.#kept.shift()!.length;
  }
}

/** Memory under a reservation, until released. */
export class LentMemory {
  #memory: Buffer;

  constructor(
    private readonly pool: PartMemory,
    readonly reservation: Reservation,
    private length: number,
  ) {
    this.#memory = pool.take(reservation.bytes);
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
    this.reservation.shrink(size);
    this.pool.keep(this.#memory);
    this.#memory = smaller;
  }

  release(): void {
    this.reservation.release();
    this.#giveBack();
  }

  /** Gives the memory back but for so many bytes of its reservation, which are left to the caller. */
  leaveReservation(bytes: number): Reservation {
    this.reservation.shrink(bytes);
    this.#giveBack();
    return this.reservation;
  }

  #giveBack(): void {
    if (this.#memory.length > 0) this.pool.keep(this.#memory);
    this.#memory = Buffer.alloc(0);
  }
}

/** To a power of two, or one and what is seen of the next part before one leaves. */
function roundUp(length: number): number {
  const power = smallestBytes * 2 ** Math.max(0, Math.ceil(Math.log2(length / smallestBytes)));
  const part = power / 2 + minPartBytes;
  return power / 2 >= partBytes && length <= part ? part : power;
}
