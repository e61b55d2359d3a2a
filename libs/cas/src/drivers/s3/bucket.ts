import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { ReadBuffers } from '../../buffers/read-buffers.js';
import type { ByteRange, StoredObject } from '../../storage-driver.js';
import { ObjectsKeptError, StorageError } from '../../storage-error.js';
import { assertObjectKey } from '../../storage-keys.js';
import type { DownloadStream } from './download/download-handler.js';
import type { IncomingBody } from './download/incoming-body.js';
import { Lanes } from './lanes.js';
import { MultipartRequests } from './multipart-requests.js';
import { bare, noSuchKey, onStore, unless } from './s3-errors.js';
import type { S3Settings } from './s3-settings.js';
import { sdkClients } from './sdk-client.js';

/** More at once are not faster, and each takes a connection. */
const requestsAtOnce = 64;
/** What S3 takes with one DeleteObjects. */
const keysAtOnce = 1_000;

/** An object that is being read; `body` must be read to its end or returned. */
export interface OpenObject {
  readonly body: IncomingBody;
  readonly bytes: number;
  readonly etag: string;
}

/** An object as the store tells of it. */
export interface ObjectHead extends StoredObject {
  readonly etag: string;
}

/** The requests to one bucket, in the vocabulary of this driver: keys without the prefix, null for absence, StorageError for failures. */
export class Bucket {
  readonly multipart: MultipartRequests;
  readonly #answers: S3Client;
  readonly #downloads: S3Client;
  readonly #lanes = new Lanes(requestsAtOnce);
  readonly #encryption: { ServerSideEncryption?: 'AES256' | 'aws:kms'; SSEKMSKeyId?: string };

  /** `readBuffers`: what downloads are read into. */
  constructor(
    private readonly settings: S3Settings,
    readBuffers: ReadBuffers,
  ) {
    const { answers, downloads } = sdkClients(settings, readBuffers);
    this.#answers = answers;
    this.#downloads = downloads;
    const { encryption } = settings;
    this.#encryption = encryption
      ? { ServerSideEncryption: encryption.kind, ...(encryption.kind === 'aws:kms' && { SSEKMSKeyId: encryption.keyId }) }
      : {};
    this.multipart = new MultipartRequests(answers, this.#lanes, { settings, encryption: this.#encryption });
  }

  /** Stores an object and answers its ETag. */
  async put(key: string, body: Buffer): Promise<string> {
    const command = new PutObjectCommand({ ...this.#at(key), ...this.#encryption, Body: body, ContentLength: body.length });
    const { ETag } = await this.#lanes.run(() => onStore('store an object', () => this.#answers.send(command)));
    return bare(ETag);
  }

  /** Opens an object, or a range of it, for reading. `etag`: only if it is still that one. */
  async get(key: string, range?: ByteRange, etag?: string): Promise<OpenObject | null> {
    const Range = range && `bytes=${range.start}-${range.end}`;
    const command = new GetObjectCommand({ ...this.#at(key), Range, IfMatch: etag && `"${etag}"` });
    const answer = await unless(noSuchKey, 'read an object', () => this.#downloads.send(command));
    if (!answer) return null;
    const { incoming: body } = answer.Body as unknown as DownloadStream;
    const bytes = answer.ContentLength;
    if (bytes === undefined || (range && bytes !== range.end - range.start + 1)) {
      await body.return();
      throw new StorageError(`a stored object has ${bytes ?? 'unknown'} bytes where ${JSON.stringify(range)} was asked for`);
    }
    return { body, bytes, etag: bare(answer.ETag) };
  }

  async head(key: string): Promise<ObjectHead | null> {
    const command = new HeadObjectCommand(this.#at(key));
    const answer = await this.#lanes.run(() => unless(noSuchKey, 'look an object up', () => this.#answers.send(command)));
    return answer && { key, size: answer.ContentLength ?? 0, modifiedAt: answer.LastModified, etag: bare(answer.ETag) };
  }

  /** Any number of keys, 1,000 with each request; throws ObjectsKeptError for errors inside the answers. Absence is none. */
  async delete(keys: readonly string[]): Promise<void> {
    const codes = new Map<string, string>();
    for (let at = 0; at < keys.length; at += keysAtOnce) {
      const Objects = keys.slice(at, at + keysAtOnce).map((key) => ({ Key: this.#at(key).Key }));
      const command = new DeleteObjectsCommand({ Bucket: this.settings.bucket, Delete: { Quiet: true, Objects } });
      const { Errors = [] } = await this.#lanes.run(() => onStore('delete', () => this.#answers.send(command)));
      for (const { Key = '', Code = '' } of Errors.filter(({ Code }) => Code !== 'NoSuchKey')) {
        if (!Objects.some((asked) => asked.Key === Key)) throw new StorageError(`cannot delete: ${Code}, without a word of what`);
        codes.set(Key.slice(this.settings.prefix.length), Code);
      }
    }
    if (codes.size > 0) throw new ObjectsKeptError(codes);
  }

  /** All objects below a prefix, a page of up to 1,000 per request; keys may be none of ours. */
  async *list(prefix: string): AsyncGenerator<StoredObject, void, void> {
    let ContinuationToken: string | undefined;
    do {
      const command = new ListObjectsV2Command({ Bucket: this.settings.bucket, Prefix: this.settings.prefix + prefix, ContinuationToken });
      const page = await this.#lanes.run(() => onStore('list', () => this.#answers.send(command)));
      for (const { Key, Size, LastModified } of page.Contents ?? [])
        yield { key: (Key ?? '').slice(this.settings.prefix.length), size: Size ?? 0, modifiedAt: LastModified };
      ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (ContinuationToken !== undefined);
  }

  /** An address that whoever has it can read the object at. */
  async presign(key: string, ttlSeconds: number): Promise<URL> {
    const command = new GetObjectCommand(this.#at(key));
    return new URL(await onStore('sign an address', () => getSignedUrl(this.#downloads, command, { expiresIn: ttlSeconds })));
  }

  close(): void {
    this.#answers.destroy();
    this.#downloads.destroy();
  }

  #at(key: string): { Bucket: string; Key: string } {
    assertObjectKey(key);
    return { Bucket: this.settings.bucket, Key: this.settings.prefix + key };
  }
}
