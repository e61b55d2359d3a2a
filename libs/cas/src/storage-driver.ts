/** What survives JSON. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [field: string]: JsonValue };

/** What a driver must know to go on with an upload after a restart or on another replica; `offset` is the number of durable bytes. */
export interface UploadState {
  readonly offset: number;
  readonly [driverField: string]: JsonValue;
}

/** An object in storage; `size` in bytes. */
export interface StoredObject {
  readonly key: string;
  readonly size: number;
  readonly modifiedAt?: Date;
}

/** An unfinished upload in parts, as storage itself tells of it: its id means nothing without the key it will have. */
export interface PartialUpload {
  readonly key: string;
  readonly id: string;
  readonly startedAt?: Date;
}

/** First and last byte, both included, already clipped to the object. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** What a body is to a driver: bytes that simply end. How it ended (client gone, stalled) is the edge's business, read from the body afterwards. */
export type ByteSource = AsyncIterable<Uint8Array>;

/**
 * Bytes of an object. A chunk is valid only until the next one is asked for or `return()` is called (buffers are pooled). `return()` releases
 * everything, also when nothing was read; reading to the end or to an error does so too. A reader that is neither is a leak.
 */
export interface ByteReader extends AsyncIterableIterator<Uint8Array, undefined> {
  return(): Promise<IteratorReturnResult<undefined>>;
  [Symbol.asyncIterator](): ByteReader;
}

/** Deleting that others hardly notice: so many keys with one call, and after it a rest of so many times as long as it took. */
export interface DeletionPace {
  readonly batch: number;
  readonly rests: number;
}

/** What may be known of a body beforehand: `expectedBytes` is its announced length; `ownsChunks`: each chunk is given away, and its memory taken as soon as it is stored. */
export interface AppendOptions {
  readonly expectedBytes?: number;
  readonly ownsChunks?: boolean;
}

/**
 * The port to where bytes live: knows keys and streams, never digests, repositories or tenants. Each method throws {@link StorageError}
 * when storage fails, and TypeError on a key or state that isn't this driver's own. Absence is `null`, never an error.
 */
export abstract class StorageDriver {
  /** A new upload at offset 0, always the same for an id. Touches nothing in storage until bytes come. `id`: a lower-case uuid, used for one upload only. */
  abstract begin(id: string): UploadState;

  /**
   * Stores what the source yields behind `upload.offset` and answers the new state once those bytes are durable. Whatever storage holds beyond
   * the given offset (left by an append whose answer got lost) is dropped. However the source ends, what came counts; where it throws, its
   * error is rethrown and `upload` stays what it was. One append at a time per upload: the caller's lease sees to that.
   * Memory comes from the driver's {@link BufferBudget}, so that this may wait before it pulls.
   */
  abstract append(upload: UploadState, source: ByteSource, options?: AppendOptions): Promise<UploadState>;

  /** For somebody who takes over a lease still held: the state whose next append cannot meet the bytes of the old writer, who may be writing yet. Touches nothing. */
  abstract takeOver(upload: UploadState): UploadState;

  /** True when commit has to move bytes (pieces to join), which takes time in proportion to the size: a worker's job, not a request's. */
  abstract needsJoin(upload: UploadState): boolean;

  /** Makes exactly `upload.offset` bytes readable under one key, durably and all at once. Replaying it, also beside itself, is harmless and answers the same key. */
  abstract commit(upload: UploadState): Promise<StoredObject>;

  /**
   * What commit would answer where there are bytes and they are one object already, provided that nobody has been at work on the upload since this
   * state was answered: that is for the caller to know. Null where a commit has to make them one.
   */
  abstract asObject(upload: UploadState): StoredObject | null;

  /**
   * The objects of an upload that are of no use once it was committed as `key`. Commit itself removes nothing: two may commit one upload, and only
   * the row that makes one of them the blob decides what is garbage.
   */
  abstract leftovers(upload: UploadState, key: string): readonly string[];

  /** Removes all an upload has stored, also what a commit made of it. Idempotent; a writer still at work leaves at most an object that the sweep finds. */
  abstract abort(upload: UploadState): Promise<void>;

  /** The bytes of an object or of a range of it; null where the key does not exist. An object shorter than asked for is a StorageError, never a short answer. */
  abstract read(key: string, range?: ByteRange): Promise<ByteReader | null>;

  /** Size and time of an object; null where the key does not exist. */
  abstract stat(key: string): Promise<StoredObject | null>;

  /** How many objects to delete with one call, and how often, where nobody waits for it. */
  abstract readonly deletionPace: DeletionPace;

  /** Removes objects. Idempotent: keys that don't exist are no error. Throws ObjectsKeptError where storage says which ones it kept. */
  abstract delete(keys: readonly string[]): Promise<void>;

  /** All objects whose key starts with the prefix, in no particular order, found as they are asked for; `modifiedAt` is set. What comes or goes meanwhile may be missed. */
  abstract list(prefix: string): AsyncIterable<StoredObject>;

  /** Bytes that can still be stored; null where no limit is known (object storage). */
  abstract freeBytes(): Promise<number | null>;

  /** The largest blob in bytes that can come without announcing its length, beyond which append throws BlobTooLargeError; null where no limit is known. */
  abstract get largestBlobBytes(): number | null;

  /** Gives up what the driver holds open; uploads and readers must have ended before. */
  abstract close(): Promise<void>;

  /** Uploads in parts that were begun and neither committed nor aborted, also those no state knows of; present only where storage has such. */
  listUploads?(): AsyncIterable<PartialUpload>;

  /** Aborts an upload as `listUploads` shows it, and nothing else; one that isn't there is no error. */
  abortUploadById?(upload: PartialUpload): Promise<void>;

  /** An address where clients can read the object themselves for that long; present only where storage can be reached by them. */
  presignRead?(key: string, ttlSeconds: number): Promise<URL>;
}
