import type { BufferBudget } from '../../buffers/buffer-budget.js';
import { ReadBuffers } from '../../buffers/read-buffers.js';
import { StorageDriver, type AppendOptions, type ByteRange, type ByteReader, type ByteSource } from '../../storage-driver.js';
import type { PartialUpload, StoredObject, UploadState } from '../../storage-driver.js';
import { assertObjectKey, isObjectKey, objectsFolder } from '../../storage-keys.js';
import { BlobTooLargeError } from '../../upload-errors.js';
import type { Bucket } from './bucket.js';
import { ChunkSource } from './chunk-source.js';
import { commitUpload, leftovers, singleTail } from './commit-upload.js';
import { PartGatherer } from './part-gatherer.js';
import { PartMemory } from './part-memory.js';
import { largestBlob, partRule, type PartRule } from './part-rule.js';
import { S3ObjectReader } from './s3-object-reader.js';
import type { S3Settings } from './s3-settings.js';
import { parseUpload, startUpload, stateOf, takenOver } from './s3-upload.js';
import { UploadWriter } from './upload-writer.js';

/** `buffers`: what appends may hold. `readBuffers`: what readers share, 24 MiB by default. */
export interface S3DriverOptions {
  readonly settings: S3Settings;
  readonly buffers: BufferBudget;
  readonly readBuffers?: ReadBuffers;
}

/** Objects in a bucket, under their final key from the first byte: a small body is one request, a larger one its parts and two. */
export class S3Driver extends StorageDriver {
  /** A gateway works through the keys of a request in one go, and others wait behind it: little at once, and rests in between. */
  readonly deletionPace = { batch: 100, rests: 0.5 };
  readonly #memory: PartMemory;
  readonly #rule: PartRule;
  readonly #bucket: Promise<Bucket>;

  /** Throws RangeError where the buffers are too small for a part. */
  constructor({ settings, buffers, readBuffers = new ReadBuffers() }: S3DriverOptions) {
    super();
    this.#memory = new PartMemory(buffers);
    this.#rule = partRule(buffers.bytes, settings.equalParts);
    // The SDK is large: only who uses it loads it.
    this.#bucket = import('./bucket.js').then(({ Bucket }) => new Bucket(settings, readBuffers));
    this.#bucket.catch(() => undefined);
  }

  get largestBlobBytes(): number {
    return largestBlob(this.#rule);
  }

  begin(id: string): UploadState {
    return startUpload(id);
  }

  /** Throws BlobTooLargeError, where the length is announced before anything is stored, and UploadLostError. */
  async append(state: UploadState, source: ByteSource, options: AppendOptions = {}): Promise<UploadState> {
    const upload = parseUpload(state);
    const { expectedBytes } = options;
    const announcedBytes = expectedBytes === undefined ? 0 : upload.offset + expectedBytes;
    if (announcedBytes > this.largestBlobBytes) this.#assertFits(announcedBytes);
    const tools = { bucket: await this.#bucket, memory: this.#memory, rule: this.#rule, announcedBytes };
    const writer = new UploadWriter(upload, tools);
    const gatherer = new PartGatherer(new ChunkSource(source, options), {
      memory: this.#memory,
      shape: () => writer.shape(),
      prepare: () => writer.prepare(),
    });
    try {
      for (let gathered = await gatherer.next(); gathered; gathered = await gatherer.next()) await writer.add(gathered);
      return stateOf(await writer.finish());
    } catch (error) {
      await writer.discard();
      throw error;
    } finally {
      await gatherer.close();
    }
  }

  takeOver(state: UploadState): UploadState {
    return stateOf(takenOver(parseUpload(state)));
  }

  needsJoin(state: UploadState): boolean {
    parseUpload(state);
    return false;
  }

  /** Throws UploadLostError where what was stored is gone, or was changed by another writer. */
  async commit(state: UploadState): Promise<StoredObject> {
    const upload = parseUpload(state);
    const bucket = await this.#bucket;
    return commitUpload(upload, { bucket, memory: this.#memory });
  }

  asObject(state: UploadState): StoredObject | null {
    return singleTail(parseUpload(state));
  }

  leftovers(state: UploadState, key: string): readonly string[] {
    return leftovers(parseUpload(state), key);
  }

  async abort(state: UploadState): Promise<void> {
    const upload = parseUpload(state);
    const bucket = await this.#bucket;
    if (upload.multipart) await bucket.multipart.abort({ key: upload.key, id: upload.multipart.id });
    await bucket.delete([upload.key, ...leftovers(upload, upload.key)]);
  }

  async read(key: string, range?: ByteRange): Promise<ByteReader | null> {
    assertObjectKey(key);
    if (range && !(range.start >= 0 && range.end >= range.start)) throw new RangeError(`bytes ${range.start} to ${range.end}`);
    const bucket = await this.#bucket;
    const object = await bucket.get(key, range);
    return object && new S3ObjectReader(bucket, key, { object, start: range?.start ?? 0 });
  }

  async stat(key: string): Promise<StoredObject | null> {
    const head = await (await this.#bucket).head(key);
    return head && { key, size: head.size, modifiedAt: head.modifiedAt };
  }

  async delete(keys: readonly string[]): Promise<void> {
    await (await this.#bucket).delete(keys);
  }

  async *list(prefix: string): AsyncGenerator<StoredObject, void, void> {
    for await (const object of (await this.#bucket).list(ownPrefix(prefix)))
      if (isObjectKey(object.key) && object.key.startsWith(prefix)) yield object;
  }

  /** Uploads in parts that were begun and neither committed nor aborted, also those that no state knows of. */
  override async *listUploads(): AsyncGenerator<PartialUpload, void, void> {
    for await (const upload of (await this.#bucket).multipart.list(ownPrefix(''))) if (isObjectKey(upload.key)) yield upload;
  }

  /** Aborts an upload as {@link listUploads} shows it; one that isn't there is no error. */
  override async abortUploadById(upload: PartialUpload): Promise<void> {
    assertObjectKey(upload.key);
    await (await this.#bucket).multipart.abort(upload);
  }

  async freeBytes(): Promise<null> {
    return null;
  }

  async close(): Promise<void> {
    (await this.#bucket).close();
  }

  override async presignRead(key: string, ttlSeconds: number): Promise<URL> {
    return (await this.#bucket).presign(key, ttlSeconds);
  }

  #assertFits(announcedBytes: number): void {
    const limit = largestBlob(this.#rule, announcedBytes);
    if (announcedBytes > limit) throw new BlobTooLargeError(limit);
  }
}

/** What to list: nothing but objects, as others may keep theirs beside them. */
function ownPrefix(prefix: string): string {
  const folder = `${objectsFolder}/`;
  return prefix.startsWith(folder) ? prefix : folder;
}
