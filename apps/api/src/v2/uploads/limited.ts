import type { ByteSource } from '#cas';
import { RegistryError } from '#oci';
import type { RequestBody } from '../../edge/request-body.js';
import type { ContentRange } from './content-range.js';

const excess = new WeakSet<RequestBody>();

/** A body cut to the length its Content-Range announces, so that what is too much never becomes part of the blob. */
export async function* limited(body: RequestBody, range: ContentRange): ByteSource {
  let left = range.end - range.start + 1;
  for await (const chunk of body.chunks()) {
    if (chunk.length > left) {
      excess.add(body);
      if (left > 0) yield chunk.subarray(0, left);
      return;
    }
    left -= chunk.length;
    yield chunk;
  }
}

/** True where the bytes received are those that were announced, all of them. */
export function isWhole(body: RequestBody, range: ContentRange | undefined, offset: number): boolean {
  return !body.failure && !(range && isOther(body, range, offset));
}

/** Throws `sizeInvalid` where the bytes received differ from the announced range, `uploadInterrupted` where the body broke off. */
export function assertWhole(body: RequestBody, range: ContentRange | undefined, offset: number): void {
  body.assertComplete();
  if (range && isOther(body, range, offset)) {
    throw new RegistryError('sizeInvalid', { announced: range.end - range.start + 1, stored: offset - range.start });
  }
}

function isOther(body: RequestBody, range: ContentRange, offset: number): boolean {
  return excess.has(body) || offset !== range.end + 1;
}
