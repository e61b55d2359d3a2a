import type { ServerResponse } from 'node:http';
import type { ByteReader } from '#cas';

/**
 * Writes a reader to a response with back-pressure and ends it. A chunk is asked for only when the one before has left, since readers
 * reuse their buffers.
 */
export async function sendBytes(response: ServerResponse, reader: ByteReader | []): Promise<void> {
  for await (const chunk of reader) await written(response, chunk);
  response.end();
}

/** Thrown into the reader's loop when the client has gone, so that the reader lets go of its file and buffers. */
export class ClientGoneError extends Error {
  constructor() {
    super('client closed the connection during a download');
    this.name = 'ClientGoneError';
  }
}

function written(response: ServerResponse, chunk: Uint8Array): Promise<void> {
  if (response.destroyed || response.closed) return Promise.reject(new ClientGoneError());
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new ClientGoneError());
    response.once('close', onClose);
    response.write(chunk, (error) => {
      response.off('close', onClose);
      if (error) reject(new ClientGoneError());
      else resolve();
    });
  });
}
