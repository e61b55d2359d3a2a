import { Pace } from '../../buffers/pace.js';
import { isLarge, type ReadBuffers } from '../../buffers/read-buffers.js';
import type { ByteReader } from '../../storage-driver.js';
import { StorageError } from '../../storage-error.js';
import { diskError, onDisk } from './disk-errors.js';
import type { OpenFile } from './open-file.js';

/** A stretch of a file. */
export interface Stretch {
  readonly start: number;
  readonly length: number;
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Reads a stretch of an open file into a pooled buffer; for a fast consumer into two, one being filled while it has the other. Owns the file. */
export class ObjectReader implements ByteReader {
  readonly #pace = new Pace();
  /** All that were lent to this reader. */
  readonly #taken = new Set<Buffer>();
  #hasLarge = false;
  #position: number;
  #unread: number;
  #ahead: Promise<Buffer> | null = null;
  /** The buffers: the one being filled, the one the consumer has, and one of no use at the moment. */
  #filling: Buffer | null = null;
  #lent: Buffer | null = null;
  #spare: Buffer | null = null;
  #closed: Promise<void> | null = null;
  #returned = false;

  constructor(
    private readonly file: OpenFile,
    stretch: Stretch,
    private readonly buffers: ReadBuffers,
  ) {
    this.#position = stretch.start;
    this.#unread = stretch.length;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#returned) return done;
    try {
      this.#takeBack();
      this.#readAhead();
      if (!this.#ahead) return await this.return();
      const chunk = await this.#ahead;
      if (this.#returned) return done;
      this.#ahead = null;
      this.#lent = this.#filling;
      this.#pace.gave(chunk.length);
      if (this.#pace.readsAhead(this.#hasLarge)) this.#readAhead();
      else this.#giveSpare();
      if (!this.#ahead && this.#unread === 0) this.#close().catch(() => undefined);
      return { done: false, value: chunk };
    } catch (error) {
      await this.return();
      throw error;
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#returned = true;
    // A read under way still fills its buffer and needs the file.
    await this.#ahead?.catch(() => undefined);
    for (const room of this.#taken) this.buffers.give(room);
    this.#taken.clear();
    await this.#close();
    return done;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #takeBack(): void {
    this.#pace.took();
    if (this.#lent) this.#spare = this.#lent;
    this.#lent = null;
  }

  #readAhead(): void {
    if (this.#ahead || this.#unread === 0) return;
    const room = this.#room();
    const stretch = this.#unread < room.length ? room.subarray(0, this.#unread) : room;
    this.#ahead = readFully(this.file, stretch, this.#position);
    this.#position += stretch.length;
    this.#unread -= stretch.length;
    this.#filling = room;
    this.#ahead.catch(() => undefined);
  }

  /** Whoever is slow leaves the large buffers to others. */
  #room(): Buffer {
    const { slow } = this.#pace;
    if (slow) this.#giveSpare();
    const room = this.#spare ?? this.buffers.take(slow ? 0 : this.#unread);
    this.#spare = null;
    this.#taken.add(room);
    this.#hasLarge ||= isLarge(room);
    return room;
  }

  #giveSpare(): void {
    if (!this.#spare) return;
    this.#taken.delete(this.#spare);
    this.buffers.give(this.#spare);
    this.#spare = null;
  }

  #close(): Promise<void> {
    return (this.#closed ??= onDisk('close', () => this.file.close()));
  }
}

/** A reader of bytes that are in memory already. */
export class MemoryReader implements ByteReader {
  #bytes: Buffer | null;

  constructor(bytes: Buffer) {
    this.#bytes = bytes.length > 0 ? bytes : null;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const value = this.#bytes;
    this.#bytes = null;
    return value ? { done: false, value } : done;
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#bytes = null;
    return done;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Fills the buffer from a position of the file; throws StorageError where the file ends before. */
export async function readFully(file: OpenFile, buffer: Buffer, position: number): Promise<Buffer> {
  let filled: number;
  try {
    filled = await file.fill(buffer, position);
  } catch (error) {
    throw diskError('read', error);
  }
  if (filled < buffer.length) throw new StorageError(`a stored object ends at ${position + filled}, before the end asked for`);
  return buffer;
}
