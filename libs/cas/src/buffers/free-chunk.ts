/**
 * Takes a chunk's memory away at once, if it has one of its own; the chunk is empty then. What comes off a socket is memory outside of the heap,
 * 64 KiB at a time, and left to the garbage collector each 64 MiB of it would have all of the heap marked.
 */
export function freeChunk(chunk: Uint8Array): void {
  const { buffer } = chunk;
  if (chunk.length > 0 && chunk.length === buffer.byteLength && 'transfer' in buffer) buffer.transfer(0);
}
