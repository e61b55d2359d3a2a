import type { ServerResponse } from 'node:http';
import type { ByteReader } from '#cas';

/**
 * Writes a reader of so many bytes to a response with back-pressure and ends it, together with the last bytes: a small blob leaves in one write.
 * A chunk is asked for only when the one before has left, since readers reuse their buffers.
 */
export async function sendBytes(response: ServerResponse, reader: ByteReader | readonly Uint8Array[], length: number): Promise<void> {
  let left = length;
  for await (const chunk of reader) {
    left -= chunk.length;
    await written(response, chunk, left === 0);
  }
  if (!response.writableEnded) response.end();
}

/** Thrown into the reader's loop when the client has gone, so that the reader lets go of its file and buffers. */
export class ClientGoneError extends Error {
  constructor() {
    super('client closed the connection during a download');
    this.name = 'ClientGoneError';
  }
}

function written(response: ServerResponse, chunk: Uint8Array, last: boolean): Promise<void> {
  if (response.destroyed || response.closed) return Promise.reject(new ClientGoneError());
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new ClientGoneError());
    response.once('close', onClose);
    const onWritten = (error?: Error | null) => {
      response.off('close', onClose);
      if (error) reject(new ClientGoneError());
      else resolve();
    };
    if (last) response.end(chunk, onWritten);
    else response.write(chunk, onWritten);
  });
}
