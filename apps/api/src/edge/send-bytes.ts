import type { ServerResponse } from 'node:http';
import type { ByteReader } from '#cas';

/**
 * Writes a reader to a response with back-pressure and ends it. A chunk is asked for only when the one before has left, since readers
 * reuse their buffers. A client that takes no byte for the idle time is cut off; slow ones that take some are not.
 */
export async function sendBytes(response: ServerResponse, reader: ByteReader | [], idleMilliseconds: number): Promise<void> {
  const { socket } = response;
  const onIdle = () => response.destroy();
  // The socket's own time-out looks at partly written chunks too, so it tells slow from silent.
  socket?.setTimeout(idleMilliseconds, onIdle);
  try {
    for await (const chunk of reader) await written(response, chunk);
    response.end();
  } finally {
    socket?.setTimeout(0);
    socket?.off('timeout', onIdle);
  }
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
