import { Pace } from '../../../buffers/pace.js';
import { isLarge, type ReadBuffers } from '../../../buffers/read-buffers.js';

/** A connection that brings nothing for so long, while somebody waits for it, is given up. */
export const silenceMs = 15_000;

interface Room {
  readonly buffer: Buffer;
  /** What has come and not been taken. */
  start: number;
  end: number;
}

/** Where a body comes from. */
export interface BodySource {
  /** To be called where there is room again. */
  resume(): void;
  /** The body is left before its end, or nothing comes any more. */
  abandon(cause?: Error): void;
}

/**
 * So many bytes that a connection reads straight into a pooled buffer, or two, one being filled while the other is consumed: for the fast, and
 * while there are large ones. A chunk is valid until the next one is asked for; where all is full the connection waits, and nothing counts as
 * silence.
 */
export class IncomingBody implements AsyncIterableIterator<Buffer, undefined> {
  readonly #pace = new Pace();
  readonly #rooms: Room[] = [];
  #filling = 0;
  #draining = 0;
  /** The room that the consumer has a chunk of. */
  #lent: Room | null = null;
  #stopped = false;
  /** What came although there was no room: TLS gives all that it has deciphered. 64 KiB at most. */
  readonly #late: Buffer[] = [];
  /** Of what was announced, so much is not in a room yet. */
  #missing: number;
  #failure: Error | null = null;
  #closed = false;
  #wake: () => void = () => undefined;

  constructor(
    bytes: number,
    private readonly buffers: ReadBuffers,
    private readonly source: BodySource,
  ) {
    this.#missing = bytes;
    this.#open();
  }

  /** All of it has come. */
  get complete(): boolean {
    return this.#missing === this.#lateBytes;
  }

  /** Where the next bytes go; none beyond its end. */
  get room(): Buffer {
    const { buffer, end } = this.#rooms[this.#filling]!;
    return buffer.subarray(this.#stopped ? 0 : end).subarray(0, this.#missing);
  }

  /** So many bytes were read into the room; false where no more may come for now. */
  arrived(bytes: number): boolean {
    const room = this.#rooms[this.#filling]!;
    room.end += bytes;
    this.#missing -= bytes;
    this.#wake();
    if (this.#missing === 0 || room.end < room.buffer.length) return true;
    if (this.#rooms.length === 1 && this.#pace.readsAhead(isLarge(room.buffer))) this.#open();
    this.#filling = this.#after(this.#filling);
    this.#stopped = !this.#clear(this.#rooms[this.#filling]!);
    return !this.#stopped;
  }

  /** Takes bytes that were read elsewhere, room or not; false where no more should come for now. Throws where they are too many. */
  add(bytes: Buffer): boolean {
    if (this.#closed) return false;
    if (this.#lateBytes + bytes.length > this.#missing) throw new Error('an answer longer than it says');
    let rest = bytes;
    while (rest.length > 0 && !this.#stopped) {
      const copied = rest.copy(this.room);
      rest = rest.subarray(copied);
      this.arrived(copied);
    }
    if (rest.length > 0) this.#late.push(Buffer.from(rest));
    return !this.#stopped || this.complete;
  }

  /** Nothing more comes; what has come is lost. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  async next(): Promise<IteratorResult<Buffer, undefined>> {
    this.#takeBack();
    while (!this.#closed) {
      if (this.#failure && !this.complete) throw this.#failure;
      const chunk = this.#take();
      if (chunk) return { done: false, value: chunk };
      if (this.complete) break;
      await this.#arrival();
    }
    return this.return();
  }

  /** Gives the buffers back, and the connection up if it has more to bring. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    if (!this.#closed) {
      this.#closed = true;
      if (!this.complete) this.source.abandon();
      for (const { buffer } of this.#rooms) this.buffers.give(buffer);
      this.#wake();
    }
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  get #lateBytes(): number {
    return this.#late.reduce((sum, { length }) => sum + length, 0);
  }

  #open(): void {
    this.#rooms.push({ buffer: this.buffers.take(this.#missing), start: 0, end: 0 });
  }

  #after(index: number): number {
    return (index + 1) % this.#rooms.length;
  }

  /** Makes a room empty, if nobody needs what is in it. */
  #clear(room: Room): boolean {
    if (room === this.#lent || room.start < room.end) return false;
    room.start = room.end = 0;
    return true;
  }

  #take(): Buffer | null {
    const room = this.#rooms[this.#draining];
    if (!room || room.start === room.end) return null;
    const chunk = room.buffer.subarray(room.start, room.end);
    room.start = room.end;
    this.#lent = room;
    if (room.end === room.buffer.length) this.#draining = this.#after(this.#draining);
    this.#pace.gave(chunk.length);
    return chunk;
  }

  #takeBack(): void {
    this.#pace.took();
    this.#lent = null;
    if (!this.#stopped || this.#closed || !this.#clear(this.#rooms[this.#filling]!)) return;
    this.#stopped = false;
    for (const bytes of this.#late.splice(0)) this.add(bytes);
    if (!this.#stopped && !this.complete) this.source.resume();
  }

  async #arrival(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const silence = setTimeout(() => this.source.abandon(new Error(`no byte for ${silenceMs / 1000} s`)), silenceMs);
    this.#wake = resolve;
    await promise;
    clearTimeout(silence);
  }
}
