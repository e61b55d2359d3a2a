import { setTimeout as delay } from 'node:timers/promises';
import type { ChunkSource } from './chunk-source.js';
import type { LentMemory } from './part-memory.js';

/** What the next part is to look like: `lead` bytes go before it, it has `partBytes`, and leaves once `aheadBytes` more have come. */
export interface PartShape {
  readonly lead: number;
  readonly partBytes: number;
  readonly aheadBytes: number;
}

/** Where a part is gathered. The first `lead` bytes are left for tails, to be read back into them before the part leaves. */
export class PartRoom {
  /** Resolves when the memory should be given back: others have waited, and it will not soon be full. */
  readonly patience: Promise<unknown>;
  #lead: number;
  #filled: number;
  #wanted = false;
  #since = performance.now();
  #before = 0;

  constructor(
    readonly lent: LentMemory,
    readonly shape: PartShape,
    patienceMs: number,
  ) {
    this.#lead = shape.lead;
    this.#filled = shape.lead;
    this.patience = lent.reservation.wanted.then(() => {
      this.#wanted = true;
      return this.#fillsWithin(patienceMs) ? delay(patienceMs, undefined, { ref: false }) : undefined;
    });
  }

  get memory(): Buffer {
    return this.lent.bytes;
  }

  get lead(): number {
    return this.#lead;
  }

  /** Bytes from the start, the lead included. */
  get filled(): number {
    return this.#filled;
  }

  /** Bytes gathered. */
  get bytes(): number {
    return this.#filled - this.#lead;
  }

  get full(): boolean {
    return this.#filled === this.memory.length;
  }

  /** True once others have waited too long. */
  get wanted(): boolean {
    return this.#wanted;
  }

  fill(source: ChunkSource): void {
    this.add(source.take(this.memory.length - this.#filled));
  }

  add(bytes: Uint8Array): void {
    this.memory.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  /** What lies behind `from` becomes the beginning; nothing is left for a lead. */
  restart(from: number): void {
    this.lent.bytes.copyWithin(0, from, this.#filled);
    this.#filled -= from;
    this.#lead = 0;
    this.#before = this.#filled;
    this.#since = performance.now();
  }

  release(): void {
    this.lent.release();
  }

  #fillsWithin(milliseconds: number): boolean {
    const came = this.bytes - this.#before;
    return (came * milliseconds) / (performance.now() - this.#since) >= this.memory.length - this.#filled;
  }
}
