import * as z from 'zod';
import { isObjectKey, objectKey } from '../../storage-keys.js';
import type { UploadState } from '../../storage-driver.js';
import { maxParts } from './part-rule.js';

const bytes = z.int().min(1);
const key = z.string().refine(isObjectKey);
const etag = z.string().min(1).max(200);
const part = z.object({ number: z.int().min(1).max(maxParts), bytes, etag });
const tail = z.object({ key, bytes, etag });
const shape = z
  .object({
    offset: z.int().min(0),
    key,
    multipart: z
      .object({ id: z.string().min(1), partBytes: bytes, parts: z.array(part), nextPart: z.int().min(1), opaqueEtags: z.boolean() })
      .nullable(),
    tails: z.array(tail),
    superseded: z.array(key),
  })
  .refine(({ offset, multipart, tails }) => bytesOf(multipart?.parts ?? []) + bytesOf(tails) === offset);

/** A part as it was recorded under the lease. */
export interface RecordedPart {
  readonly number: number;
  readonly bytes: number;
  readonly etag: string;
}

/** Bytes behind the last part, in an object of their own. */
export interface Tail {
  readonly key: string;
  readonly bytes: number;
  readonly etag: string;
}

/** An upload in parts. `partBytes`: their size where all have one; `opaqueEtags`: the store's ETags are no MD5 (its keys are a key service's). */
export interface Multipart {
  readonly id: string;
  readonly partBytes: number;
  readonly parts: readonly RecordedPart[];
  readonly nextPart: number;
  readonly opaqueEtags: boolean;
}

/**
 * S3's upload state. `key`: where parts, or several tails, become one object. Without parts, a single tail is the object already, under its own
 * key. `superseded`: tails that have become part of something else, to be removed once this state is recorded.
 */
export interface S3Upload {
  readonly offset: number;
  readonly key: string;
  readonly multipart: Multipart | null;
  readonly tails: readonly Tail[];
  readonly superseded: readonly string[];
}

/** The state of an upload that has stored nothing. */
export function startUpload(id: string): UploadState {
  return stateOf({ offset: 0, key: objectKey(id), multipart: null, tails: [], superseded: [] });
}

/** Reads a state that has been to JSON and back; throws TypeError on another driver's. */
export function parseUpload(upload: UploadState): S3Upload {
  const parsed = shape.safeParse(upload);
  if (!parsed.success) throw new TypeError('not an upload state of the S3 driver', { cause: parsed.error });
  return parsed.data;
}

/** The state as the port knows it. */
export function stateOf(upload: S3Upload): UploadState {
  return {
    ...upload,
    multipart: upload.multipart && { ...upload.multipart, parts: upload.multipart.parts.map((one) => ({ ...one })) },
    tails: upload.tails.map((one) => ({ ...one })),
  };
}

/**
 * The state for somebody who takes over. Every object the old writer may still put has another key. Its parts have the numbers of ours: those
 * that ours overwrite are harmless, and one that overwrites ours fails the commit, as that names what was recorded. (Numbers of our own would
 * leave its parts beside ours, and Ceph completes no upload of which a part isn't named.)
 */
export function takenOver(upload: S3Upload): S3Upload {
  return upload.multipart ? upload : { ...upload, key: objectKey() };
}

export function bytesOf(pieces: readonly { readonly bytes: number }[]): number {
  return pieces.reduce((sum, piece) => sum + piece.bytes, 0);
}
