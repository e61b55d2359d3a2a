const bytesBetweenCollections = 32 * 1024 * 1024;

let received = 0;

/**
 * To be told of every chunk of a body. V8 sees the small objects that chunks are and hardly the 64 KiB behind each, so that it would let
 * hundreds of megabytes of them lie; a collection of the young ones takes a millisecond. Without --expose-gc nothing happens here.
 */
export function countReceived(bytes: number): void {
  received += bytes;
  if (received < bytesBetweenCollections) return;
  received = 0;
  globalThis.gc?.({ type: 'minor', execution: 'sync' });
}
