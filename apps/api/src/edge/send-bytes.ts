import type { ServerResponse } from 'node:http';
import type { ByteReader } from '#cas';

/**
 * Writes a reader of so many bytes to a response with back-pressure and ends it, together with the last bytes: a small blob leaves in one write.
 * A chunk is asked for only when the one before has left, since readers reuse their buffers.
 */
export async function sendBytes(response: ServerResponse, reader: ByteReader | readonly Uint8Array[], length: number): Promise<void> {
  const leaving = new LeavingBytes(response);
  let left = length;
  for await (const chunk of reader) {
    left -= chunk.length;
    await leaving.write(chunk, left === 0);
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

/** Writes one chunk after the other, and fails the one on its way when the client goes. */
class LeavingBytes {
  /** Of the chunk on its way. */
  private fail: ((error: Error) => void) | null = null;

  constructor(private readonly response: ServerResponse) {
    response.once('close', () => this.fail?.(new ClientGoneError()));
  }

  write(chunk: Uint8Array, last: boolean): Promise<void> {
    const { response } = this;
    if (response.destroyed || response.closed) return Promise.reject(new ClientGoneError());
    return new Promise((resolve, reject) => {
      this.fail = reject;
      const onWritten = (error?: Error | null) => {
        this.fail = null;
        if (error) reject(new ClientGoneError());
        else resolve();
      };
      if (last) response.end(chunk, onWritten);
      else response.write(chunk, onWritten);
    });
  }
}
