import type { ReadBuffers } from '../../buffers/read-buffers.js';
import type { ByteReader } from '../../storage-driver.js';
import { StorageError } from '../../storage-error.js';
import { onDisk } from './disk-errors.js';
import type { OpenFile } from './open-file.js';

/** A stretch of a file. */
export interface Stretch {
  readonly start: number;
  readonly length: number;
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Reads a stretch of an open file by two pooled buffers, one being filled while the other is consumed; owns the file. */
export class ObjectReader implements ByteReader {
  readonly #taken: Buffer[] = [];
  #position: number;
  #unread: number;
  #ahead: Promise<Buffer> | null = null;
  /** The buffer the consumer has. */
  #lent: Buffer | null = null;
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
      this.#readAhead();
      if (!this.#ahead) return await this.return();
      const chunk = await this.#ahead;
      this.#ahead = null;
      if (this.#returned) return done;
      // The consumer is done with its buffer: that one fills while it has this one.
      this.#readAhead();
      this.#lent = chunk;
      if (!this.#ahead) this.#close().catch(() => undefined);
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
    for (const buffer of this.#taken.splice(0)) this.buffers.give(buffer);
    await this.#close();
    return done;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #readAhead(): void {
    if (this.#ahead || this.#unread === 0) return;
    const buffer = this.#lent ?? this.#take();
    this.#lent = null;
    const length = Math.min(this.#unread, buffer.buffer.byteLength);
    const position = this.#position;
    this.#position += length;
    this.#unread -= length;
    this.#ahead = readFully(this.file, Buffer.from(buffer.buffer, 0, length), position);
    this.#ahead.catch(() => undefined);
  }

  #take(): Buffer {
    const buffer = this.buffers.take(this.#unread);
    this.#taken.push(buffer);
    return buffer;
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
  return onDisk('read', async () => {
    for (let filled = 0; filled < buffer.length;) {
      const read = await file.read(buffer, { offset: filled, length: buffer.length - filled }, position + filled);
      if (read === 0) throw new StorageError(`a stored object ends at ${position + filled}, before the end asked for`);
      filled += read;
    }
    return buffer;
  });
}
