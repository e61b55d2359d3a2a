import type { Readable, Writable } from 'node:stream';
import { freeChunk } from '../../buffers/free-chunk.js';
import type { ByteReader } from '../../storage-driver.js';
import { StorageError } from '../../storage-error.js';
import type { Bucket, OpenObject } from './bucket.js';
import { flowInto, silenceMs } from './flow-into.js';
import { storageError } from './s3-errors.js';

/** How often in a row a connection may break before it has brought anything. */
const attempts = 3;
const done: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Reads an object that was opened, and goes on by another request where the connection breaks; connections that clients keep waiting do. */
export class S3ObjectReader implements ByteReader {
  #body: Readable;
  #chunks: AsyncIterator<Buffer>;
  #position: number;
  readonly #end: number;
  readonly #etag: string;
  #broken = 0;
  #returned = false;
  /** What the consumer has. */
  #lent: Buffer | null = null;

  /** `start`: where in the object its first byte lies. */
  constructor(
    private readonly bucket: Bucket,
    private readonly key: string,
    { object, start }: { readonly object: OpenObject; readonly start: number },
  ) {
    this.#body = object.body;
    this.#chunks = chunksOf(object.body);
    this.#position = start;
    this.#end = start + object.bytes;
    this.#etag = object.etag;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#takeBack();
    while (!this.#returned && this.#position < this.#end) {
      const chunk = await this.#read();
      if (this.#returned) return done;
      if (chunk) {
        this.#position += chunk.length;
        this.#broken = 0;
        this.#lent = chunk;
        return { done: false, value: chunk };
      }
    }
    // Read to its end, the connection can serve others.
    if (!this.#returned) await this.#withinSilence(this.#chunks.next()).catch(() => undefined);
    return this.return();
  }

  /** A chunk leaves as it comes, past iterators: for each 64 KiB those cost more than all the rest. */
  async pipeTo(target: Writable): Promise<void> {
    while (!this.#returned && !target.destroyed && this.#position < this.#end) {
      try {
        await flowInto(this.#body, target, (bytes) => {
          this.#position += bytes;
          this.#broken = 0;
        });
        if (this.#position < this.#end && !target.destroyed) throw this.#endedEarly();
      } catch (error) {
        // A connection that breaks behind the last byte has done its work.
        if (!this.#returned && this.#position < this.#end) await this.#reopen(error);
      }
    }
    await this.return();
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#returned = true;
    this.#takeBack();
    if (!this.#body.readableEnded) this.#body.on('error', () => undefined).destroy();
    return done;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #endedEarly(): StorageError {
    return new StorageError(`a stored object ends at ${this.#position} of ${this.#end}`);
  }

  #takeBack(): void {
    if (this.#lent) freeChunk(this.#lent);
    this.#lent = null;
  }

  async #read(): Promise<Buffer | null> {
    try {
      const result = await (this.#body.readableLength > 0 ? this.#chunks.next() : this.#withinSilence(this.#chunks.next()));
      if (result.done) throw this.#endedEarly();
      return result.value;
    } catch (error) {
      if (!this.#returned) await this.#reopen(error);
      return null;
    }
  }

  async #reopen(cause: unknown): Promise<void> {
    this.#broken += 1;
    if (this.#broken > attempts) await this.#fail(storageError('read an object', cause));
    this.#body.destroy();
    const range = { start: this.#position, end: this.#end - 1 };
    const object = await this.bucket.get(this.key, range, this.#etag).catch((error: Error) => this.#fail(error));
    if (!object) return this.#fail(new StorageError('a stored object went away while it was read', { cause }));
    this.#body = object.body;
    this.#chunks = chunksOf(object.body);
    if (this.#returned) object.body.destroy();
  }

  async #fail(error: Error): Promise<never> {
    await this.return();
    throw error;
  }

  /** A connection that brings nothing is given up; one that nobody reads from is not. */
  async #withinSilence<T>(work: Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.#body.destroy(new Error(`no byte for ${silenceMs / 1000} s`)), silenceMs);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  }
}

function chunksOf(body: Readable): AsyncIterator<Buffer> {
  return (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
}
