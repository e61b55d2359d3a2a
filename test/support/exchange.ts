import type { Socket } from 'node:net';
import type { HttpResponse } from './http-response.js';
import { ResponseParser } from './response-parser.js';

/** One request under way: the head is sent, the body is sent by hand, the answer may come at any time. */
export class Exchange {
  /** Rejects when the connection ends or breaks before a whole answer came. */
  readonly response: Promise<HttpResponse>;
  /** Settles with the first `100 Continue`, or with the final answer where none comes. */
  readonly continued: Promise<void>;
  /** True once the final answer is there, or the connection is gone. */
  answered = false;

  constructor(
    private readonly socket: Socket,
    method: string,
  ) {
    const parser = new ResponseParser(method);
    let proceed: () => void;
    this.continued = new Promise((resolve) => (proceed = resolve));
    this.response = new Promise<HttpResponse>((resolve, reject) => {
      const settle = (act: () => void) => {
        this.answered = true;
        proceed();
        act();
      };
      const take = (response: HttpResponse | undefined) => {
        if (parser.sawContinue) proceed();
        if (response) settle(() => resolve(response));
        if (response) socket.destroy();
      };
      socket.on('data', (bytes) => take(parser.push(bytes)));
      socket.on('end', () => {
        take(parser.end());
        settle(() => reject(new Error('the answer ended early')));
      });
      socket.on('error', (error) => settle(() => reject(error)));
      socket.on('close', () => settle(() => reject(new Error('connection closed before an answer came'))));
    });
    this.response.catch(() => undefined);
  }

  /** Sends raw bytes; resolves when there is room for more, or an answer. */
  async write(bytes: Uint8Array | string): Promise<void> {
    if (this.answered || this.socket.write(bytes)) return;
    await new Promise<void>((resolve) => {
      this.socket.once('drain', resolve);
      this.socket.once('close', resolve);
    });
  }

  /** Sends one piece of a chunked body. */
  async writeChunk(bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0) await this.write(Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]));
  }

  /** Ends a chunked body. */
  async endChunks(): Promise<void> {
    await this.write('0\r\n\r\n');
  }

  /** Says that nothing more will be sent, and goes on listening. */
  halfClose(): void {
    this.socket.end();
  }

  /** The client dies: the connection is gone at once. */
  cut(): void {
    this.socket.destroy();
  }
}
