import type { Readable, Writable } from 'node:stream';
import { freeChunk } from '../../buffers/free-chunk.js';

/** A connection that brings nothing for so long is given up. */
export const silenceMs = 15_000;
/** How much may wait for a client at once, so that the store and the client are both kept busy. */
const aheadBytes = 192 * 1024;

/**
 * Writes a body to a stream until it ends or the stream closes, and tells how many bytes of each chunk went; throws what the body breaks with. A
 * body that waits for the stream is not silent. The memory of a chunk goes once it is written.
 */
export function flowInto(body: Readable, target: Writable, wrote: (bytes: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const silence = setTimeout(() => {
      if (body.isPaused()) silence.refresh();
      else body.destroy(new Error(`no byte for ${silenceMs / 1000} s`));
    }, silenceMs);
    const settle = (error?: Error | null) => {
      clearTimeout(silence);
      body.off('data', onData).off('end', onEnd).off('error', settle).off('close', onEnd);
      target.off('drain', onDrain).off('close', onEnd);
      if (error) reject(error);
      else resolve();
    };
    const onEnd = () => settle();
    const onDrain = () => {
      silence.refresh();
      body.resume();
    };
    const onData = (chunk: Buffer) => {
      silence.refresh();
      const { length } = chunk;
      const willDrain = !target.write(chunk, () => freeChunk(chunk));
      if (willDrain && target.writableLength >= aheadBytes) body.pause();
      wrote(length);
    };
    target.on('drain', onDrain).on('close', onEnd);
    body.on('end', onEnd).on('close', onEnd).on('error', settle).on('data', onData);
    if (body.destroyed || body.readableEnded || target.destroyed) settle(body.errored);
    else body.resume();
  });
}
