import { RegistryError } from '#oci';

/** Where a chunk says it lies: `start` to `end` inclusive, in bytes of the blob. */
export interface ContentRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a chunk's Content-Range (distribution-spec, "Pushing a blob in chunks": `<start>-<end>`; RFC 9110's `bytes <start>-<end>/<size>` too)
 * and holds it against the announced length; throws `uploadInvalid` and `sizeInvalid`.
 */
export function parseContentRange(header: string | undefined, announced: number | undefined): ContentRange | undefined {
  if (header === undefined) return undefined;
  const match = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/.exec(header.trim());
  const range = match && { start: Number(match[1]), end: Number(match[2]) };
  if (!range || range.end < range.start)
    throw new RegistryError('uploadInvalid', { contentRange: header.slice(0, 100), reason: 'malformed Content-Range' });
  const length = range.end - range.start + 1;
  if (announced !== undefined && announced !== length) {
    throw new RegistryError('sizeInvalid', { contentRange: header, contentLength: announced });
  }
  return range;
}
