import { StorageError } from '../../storage-error.js';
import { UploadLostError } from '../../upload-errors.js';
import type { Bucket } from './bucket.js';
import type { PartMemory } from './part-memory.js';
import { onStore } from './s3-errors.js';
import { bytesOf, type Tail } from './s3-upload.js';

const readsAtOnce = 8;

/** What handling tails takes. */
export interface TailTools {
  readonly bucket: Bucket;
  readonly memory: PartMemory;
}

/** Reads tails back to the beginning of `memory`; throws UploadLostError where one is gone. */
export async function readTails(bucket: Bucket, tails: readonly Tail[], memory: Buffer): Promise<void> {
  const places = tails.map((tail, index) => ({ tail, at: bytesOf(tails.slice(0, index)) }));
  for (let from = 0; from < places.length; from += readsAtOnce) {
    const some = places.slice(from, from + readsAtOnce);
    await Promise.all(some.map(({ tail, at }) => readTail(bucket, tail, memory.subarray(at, at + tail.bytes))));
  }
}

/** All tails in one piece of reserved memory, as long as `use` takes. */
export async function withTails<T>({ bucket, memory }: TailTools, tails: readonly Tail[], use: (bytes: Buffer) => Promise<T>): Promise<T> {
  const lent = await memory.reserve(bytesOf(tails));
  try {
    await readTails(bucket, tails, lent.bytes);
    return await use(lent.bytes);
  } finally {
    lent.release();
  }
}

async function readTail(bucket: Bucket, { key, bytes, etag }: Tail, target: Buffer): Promise<void> {
  const object = await bucket.get(key, undefined, etag);
  if (!object) throw new UploadLostError(`bytes of an upload are gone: ${key}`);
  let filled = 0;
  await onStore('read a tail', async () => {
    for await (const chunk of object.body) filled += chunk.copy(target, filled);
  });
  if (filled !== bytes || object.bytes !== bytes) throw new StorageError(`a tail of ${bytes} bytes has ${object.bytes}`);
}
