import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { PartialUpload } from '../../storage-driver.js';
import { UploadLostError } from '../../upload-errors.js';
import type { Lanes } from './lanes.js';
import { bare, codeOf, isBroken, noSuchUpload, onStore, otherPart, storageError, unless } from './s3-errors.js';
import type { S3Settings } from './s3-settings.js';
import type { RecordedPart } from './s3-upload.js';

interface Place {
  readonly settings: S3Settings;
  readonly encryption: { readonly ServerSideEncryption?: 'AES256' | 'aws:kms'; readonly SSEKMSKeyId?: string };
}

/** The requests about multipart uploads; those about one that isn't there any more throw UploadLostError. */
export class MultipartRequests {
  constructor(
    private readonly client: S3Client,
    private readonly lanes: Lanes,
    private readonly place: Place,
  ) {}

  /** `opaqueEtags`: the store says that it encrypts in a way that makes its ETags something else than MD5. */
  async start(key: string): Promise<PartialUpload & { opaqueEtags: boolean }> {
    const command = new CreateMultipartUploadCommand({ ...this.#at(key), ...this.place.encryption });
    const { UploadId, ServerSideEncryption } = await this.lanes.run(() => onStore('begin an upload', () => this.client.send(command)));
    return { key, id: UploadId ?? '', opaqueEtags: ServerSideEncryption?.startsWith('aws:kms') ?? false };
  }

  /** Stores a part and answers its ETag. */
  async put(target: PartialUpload, number: number, body: Buffer): Promise<string> {
    const command = new UploadPartCommand({ ...this.#of(target), PartNumber: number, Body: body, ContentLength: body.length });
    try {
      const { ETag = '' } = await this.lanes.run(() => this.client.send(command));
      return bare(ETag);
    } catch (error) {
      // A store that refuses early may hang up on the rest of the part, and be seen to do just that.
      if (noSuchUpload.has(codeOf(error)) || (isBroken(error) && !(await this.#exists(target))))
        throw new UploadLostError('the multipart upload is gone', { cause: error });
      throw storageError('store a part', error);
    }
  }

  /** Completes with exactly these parts; null where there is no such upload any more. Answers the object's ETag, where the store tells it. */
  async complete(target: PartialUpload, parts: readonly RecordedPart[]): Promise<{ etag: string } | null> {
    const Parts = parts.map(({ number, etag }) => ({ PartNumber: number, ETag: `"${etag}"` }));
    const command = new CompleteMultipartUploadCommand({ ...this.#of(target), MultipartUpload: { Parts } });
    try {
      const { ETag = '' } = await this.lanes.run(() => this.client.send(command));
      return { etag: bare(ETag) };
    } catch (error) {
      if (noSuchUpload.has(codeOf(error))) return null;
      if (otherPart.has(codeOf(error))) throw new UploadLostError('a part is not the one that was recorded', { cause: error });
      throw storageError('complete an upload', error);
    }
  }

  /** Also of one that isn't there. */
  async abort(target: PartialUpload): Promise<void> {
    const command = new AbortMultipartUploadCommand(this.#of(target));
    await this.lanes.run(() => unless(noSuchUpload, 'abort an upload', () => this.client.send(command)));
  }

  /** All uploads begun and neither completed nor aborted below a prefix. */
  async *list(prefix: string): AsyncGenerator<PartialUpload, void, void> {
    const { bucket: Bucket, prefix: own } = this.place.settings;
    let from: { KeyMarker?: string; UploadIdMarker?: string } | null = {};
    while (from) {
      const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({ Bucket, Prefix: own + prefix, ...from });
      const page = await this.lanes.run(() => onStore('list uploads', () => this.client.send(command)));
      for (const { Key = '', UploadId = '', Initiated } of page.Uploads ?? [])
        yield { key: Key.slice(own.length), id: UploadId, startedAt: Initiated };
      from = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : null;
    }
  }

  async #exists(target: PartialUpload): Promise<boolean> {
    const command = new ListPartsCommand({ ...this.#of(target), MaxParts: 1 });
    return (await this.lanes.run(() => unless(noSuchUpload, 'look an upload up', () => this.client.send(command)))) !== null;
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.place.settings.bucket, Key: this.place.settings.prefix + key };
  }

  #of({ key, id }: PartialUpload): { Bucket: string; Key: string; UploadId: string } {
    return { ...this.#at(key), UploadId: id };
  }
}
