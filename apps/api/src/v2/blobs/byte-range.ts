import type { ByteRange } from '#cas';
import { RegistryError } from '#oci';

/**
 * Reads a Range header against an object's size (RFC 9110, section 14): null where the whole object is to be sent, because there is no
 * header or one we may ignore (other units, several ranges, malformed); throws `rangeUnsatisfiable`.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | null {
  const match = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? '');
  if (!match) return null;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return null;
  const range = first === '' ? { start: Math.max(size - Number(last), 0), end: size - 1 } : { start: Number(first), end: clip(last, size) };
  if (range.start > range.end || range.start >= size) throw new RegistryError('rangeUnsatisfiable', { range: header, size });
  return range;
}

function clip(last: string, size: number): number {
  return last === '' ? size - 1 : Math.min(Number(last), size - 1);
}
