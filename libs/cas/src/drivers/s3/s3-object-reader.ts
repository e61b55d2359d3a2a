import type { ByteReader } from '../../storage-driver.js';
import { StorageError } from '../../storage-error.js';
import type { Bucket, OpenObject } from './bucket.js';
import type { IncomingBody } from './download/incoming-body.js';
import { storageError } from './s3-errors.js';

/** How often in a row a connection may break before it has brought anything. */
const attempts = 3;

/** Reads an object that was opened, and goes on by another request where the connection breaks; connections that clients keep waiting do. */
export class S3ObjectReader implements ByteReader {
  #body: IncomingBody;
  #position: number;
  readonly #end: number;
  readonly #etag: string;
  #broken = 0;
  #returned = false;

  /** `start`: where in the object its first byte lies. */
  constructor(
    private readonly bucket: Bucket,
    private readonly key: string,
    { object, start }: { readonly object: OpenObject; readonly start: number },
  ) {
    this.#body = object.body;
    this.#position = start;
    this.#end = start + object.bytes;
    this.#etag = object.etag;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    while (!this.#returned && this.#position < this.#end) {
      try {
        const result = await this.#body.next();
        if (result.done) break;
        this.#position += result.value.length;
        this.#broken = 0;
        return result;
      } catch (error) {
        if (!this.#returned) await this.#reopen(error);
      }
    }
    return this.return();
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#returned = true;
    return this.#body.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #reopen(cause: unknown): Promise<void> {
    this.#broken += 1;
    if (this.#broken > attempts) await this.#fail(storageError('read an object', cause));
    await this.#body.return();
    const range = { start: this.#position, end: this.#end - 1 };
    const object = await this.bucket.get(this.key, range, this.#etag).catch((error: Error) => this.#fail(error));
    if (!object) return this.#fail(new StorageError('a stored object went away while it was read', { cause }));
    this.#body = object.body;
    if (this.#returned) await object.body.return();
  }

  async #fail(error: Error): Promise<never> {
    await this.return();
    throw error;
  }
}
