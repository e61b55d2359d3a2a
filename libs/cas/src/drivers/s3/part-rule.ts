const mebibyte = 1024 * 1024;

/** S3's own limits. */
export const minPartBytes = 5 * mebibyte;
export const maxParts = 10_000;
const maxPartBytes = 5 * 1024 * mebibyte;
const maxObjectBytes = 5 * 1024 * 1024 * mebibyte;

const firstPartBytes = 8 * mebibyte;
const partsBeforeDoubling = 1_000;
/** An announced length fills this many parts, so that bodies which end early leave some to spare. */
const partsPlanned = 9_000;

/** How uploads are cut. `capBytes`: the largest part; `equal`: all parts of an upload have one size. */
export interface PartRule {
  readonly capBytes: number;
  readonly equal: boolean;
}

/** The rule for a process whose uploads may hold that many bytes; throws RangeError where that is less than one part needs (13 MiB). */
export function partRule(bufferBytes: number, equal = false): PartRule {
  const least = firstPartBytes + minPartBytes;
  if (bufferBytes < least) throw new RangeError(`uploads to S3 need a buffer of at least ${least / mebibyte} MiB`);
  const capBytes = Math.min(Math.max(firstPartBytes, Math.floor(bufferBytes / 4)), maxPartBytes);
  return { capBytes, equal };
}

/** What part `number` (from 1) holds; `announcedBytes`: the length of the whole blob where it is known. */
export function partBytes({ capBytes, equal }: PartRule, number: number, announcedBytes = 0): number {
  const doublings = equal ? 0 : Math.floor((number - 1) / partsBeforeDoubling);
  return Math.min(capBytes, Math.max(firstPartBytes * 2 ** doublings, Math.ceil(announcedBytes / partsPlanned)));
}

/** How much must have come beyond a part before it leaves, so that what is left at the end is a legal part too. */
export function aheadBytes({ equal }: PartRule): number {
  return equal ? 0 : minPartBytes;
}

/** The largest blob in bytes: of those that come in one body of unknown length, or of the announced one. */
export function largestBlob(rule: PartRule, announcedBytes = 0): number {
  let sum = 0;
  for (let number = 1; number <= maxParts; number += 1) sum += partBytes(rule, number, announcedBytes);
  return Math.min(sum, maxObjectBytes);
}
