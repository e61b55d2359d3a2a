import type { Reservation } from './buffer-budget.js';
import { freeChunk } from './free-chunk.js';

/** Bounds what tiny chunks cost beside their bytes, and stays below the vector a single writev takes (IOV_MAX). */
const maxChunks = 512;

/** Bytes gathered from a source, and the reservation they stand under; whoever takes a part releases it. */
export interface Part {
  readonly chunks: readonly Uint8Array[];
  readonly bytes: number;
  release(): void;
}

/** A part that grows. */
export class GatheredPart implements Part {
  readonly chunks: Uint8Array[] = [];
  bytes = 0;

  /** `ownsChunks`: their memory goes with the part. */
  constructor(
    private readonly reservation: Reservation,
    private readonly ownsChunks = false,
  ) {}

  add(chunk: Uint8Array): void {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
  }

  hasRoom(bytes: number): boolean {
    return this.chunks.length < maxChunks && this.bytes + bytes <= this.reservation.bytes;
  }

  release(): void {
    if (this.ownsChunks) for (const chunk of this.chunks) freeChunk(chunk);
    this.reservation.release();
  }

  /** This part, or null, released, where nothing came. */
  orNothing(): Part | null {
    if (this.bytes > 0) return this;
    this.release();
    return null;
  }
}
