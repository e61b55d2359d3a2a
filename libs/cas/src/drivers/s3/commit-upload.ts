import { createHash } from 'node:crypto';
import { joined } from '../../buffers/joined.js';
import type { StoredObject } from '../../storage-driver.js';
import { BlobTooLargeError, UploadLostError } from '../../upload-errors.js';
import type { Bucket } from './bucket.js';
import { maxParts } from './part-rule.js';
import { onStore } from './s3-errors.js';
import { bytesOf, type Multipart, type RecordedPart, type S3Upload, type Tail } from './s3-upload.js';
import { withTails, type TailTools } from './tails.js';

const ofParts = /^[0-9a-f]{32}-[0-9]+$/;

/**
 * Makes an upload one object. Replaying finds either all that was stored, or the object; whether that is ours is told by a key only this state
 * has, or by its ETag. Throws UploadLostError where neither is there.
 */
export async function commitUpload(upload: S3Upload, tools: TailTools): Promise<StoredObject> {
  const { offset, multipart } = upload;
  const whole = singleTail(upload);
  if (whole) return whole;
  if (multipart) await completeParts(upload, multipart, tools);
  else await joinTails(upload, tools);
  return { key: upload.key, size: offset };
}

/** The object that an upload of one request is already; null for any other. */
export function singleTail({ offset, multipart, tails }: S3Upload): StoredObject | null {
  const [only] = tails;
  return !multipart && only && tails.length === 1 ? { key: only.key, size: offset } : null;
}

/** The objects that are of no use once the upload is committed as `key`. */
export function leftovers({ tails, superseded }: S3Upload, key: string): string[] {
  return [...superseded, ...tails.map((tail) => tail.key)].filter((one) => one !== key);
}

async function joinTails({ key, offset, tails }: S3Upload, tools: TailTools): Promise<void> {
  try {
    await withTails(tools, tails, (bytes) => tools.bucket.put(key, bytes));
  } catch (error) {
    // Tails are removed last: where one is gone, an earlier commit got there, or nobody can.
    if (!(error instanceof UploadLostError) || (await tools.bucket.head(key))?.size !== offset) throw error;
  }
}

async function completeParts(upload: S3Upload, multipart: Multipart, tools: TailTools): Promise<void> {
  const parts = [...multipart.parts, ...(await lastPart(upload, multipart, tools))];
  const target = { key: upload.key, id: multipart.id };
  const completed = await tools.bucket.multipart.complete(target, parts).catch((error: Error) => error);
  if (completed instanceof UploadLostError) throw completed;
  const answered = completed !== null && !(completed instanceof Error);
  if (answered && (multipart.opaqueEtags || !ofParts.test(completed.etag) || completed.etag === etagOf(parts))) return;
  // Completed before, by ourselves or by another: stores answer that by an error (Ceph by 500), or by what was made then, whatever is named now.
  const object = await tools.bucket.head(upload.key);
  if (!object && completed instanceof Error) throw completed;
  if (object?.size !== upload.offset || object.etag !== etagOf(parts)) throw new UploadLostError('completed by another writer, or gone');
}

/** The tails as the last part, which may be small. */
async function lastPart({ key, tails, offset }: S3Upload, { id, nextPart }: Multipart, tools: TailTools): Promise<RecordedPart[]> {
  if (tails.length === 0) return [];
  if (nextPart > maxParts) throw new BlobTooLargeError(offset - bytesOf(tails));
  const part = { number: nextPart, bytes: bytesOf(tails) };
  try {
    return [{ ...part, etag: await withTails(tools, tails, (bytes) => tools.bucket.multipart.put({ key, id }, nextPart, bytes)) }];
  } catch (error) {
    // An earlier commit got there: the same bytes are at the object's end, or it is not ours.
    const md5 = error instanceof UploadLostError ? await md5OfEnd(tools.bucket, key, { offset, tails }) : null;
    if (md5 === null) throw error;
    return [{ ...part, etag: md5 }];
  }
}

/** The MD5 of the object's last bytes if they are those of the tails, each by its own MD5. */
async function md5OfEnd(
  bucket: Bucket,
  key: string,
  { offset, tails }: { offset: number; tails: readonly Tail[] },
): Promise<string | null> {
  if ((await bucket.head(key))?.size !== offset) return null;
  const object = await bucket.get(key, { start: offset - bytesOf(tails), end: offset - 1 });
  if (!object) return null;
  const bytes = await onStore('read an object', () => joined(object.body));
  let at = 0;
  for (const tail of tails) if (md5Of(bytes.subarray(at, (at += tail.bytes))) !== tail.etag) return null;
  return md5Of(bytes);
}

/** The ETag of an object in parts, as S3 and those who follow it make it: an MD5 over the parts' MD5s. */
export function etagOf(parts: readonly RecordedPart[]): string {
  const md5s = parts.map(({ etag }) => Buffer.from(etag, 'hex'));
  return `${createHash('md5').update(Buffer.concat(md5s)).digest('hex')}-${parts.length}`;
}

function md5Of(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex');
}
