import { connect } from 'node:net';
import { once } from 'node:events';
import { headerOf, ResponseReader } from './response-reader.mjs';

/**
 * One keep-alive HTTP/1.1 connection, one request at a time. It costs a fraction of what node:http does, so that on a small machine most of the
 * processors are left to the server under test.
 */
export class Connection {
  #socket = null;
  #pending = null;

  constructor(url) {
    const { hostname, port } = new URL(url);
    this.address = { host: hostname, port: Number(port) };
    this.host = `Host: ${hostname}:${port}\r\n`;
  }

  /** `headers`: lines that each end in CRLF. `body`: a Buffer, or something with `size` and `parts()`. */
  async request(method, path, { headers = '', body } = {}) {
    this.#socket ??= await this.#open();
    const length = body ? `Content-Length: ${body.size ?? body.length}\r\n` : bodiless.has(method) ? '' : 'Content-Length: 0\r\n';
    const answered = this.#expectAnswer(method);
    const socket = this.#socket;
    socket.cork();
    socket.write(`${method} ${path} HTTP/1.1\r\n${this.host}${headers}${length}\r\n`, 'latin1');
    if (Buffer.isBuffer(body)) socket.write(body);
    socket.uncork();
    if (body?.parts) await this.#send(socket, body);
    return answered;
  }

  close() {
    this.#socket?.destroy();
    this.#fail(new Error('closed'));
  }

  async #open() {
    // One buffer for all that is ever read: nothing is allocated while large bodies are drained.
    const onread = { buffer: Buffer.allocUnsafeSlow(262_144), callback: (count, buffer) => this.#take(buffer.subarray(0, count)) };
    const socket = connect({ ...this.address, noDelay: true, onread });
    await once(socket, 'connect');
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#socket === socket && this.#fail(new Error('the server closed the connection')));
    return socket;
  }

  #expectAnswer(method) {
    const answered = new Promise((resolve, reject) => (this.#pending = { reader: new ResponseReader(method), resolve, reject }));
    // Told to whoever awaits it; while a body is being sent nobody does yet.
    answered.catch(() => {});
    return answered;
  }

  async #send(socket, body) {
    for (const part of body.parts()) {
      if (socket.destroyed) return;
      if (!socket.write(part)) await drainedOrClosed(socket);
    }
  }

  #take(bytes) {
    const pending = this.#pending;
    if (pending === null || !pending.reader.take(bytes)) return true;
    this.#pending = null;
    if (headerOf(pending.reader.head, 'connection') === 'close') this.close();
    pending.resolve(pending.reader);
    return true;
  }

  #fail(error) {
    this.#socket = null;
    this.#pending?.reject(error);
    this.#pending = null;
  }
}

const bodiless = new Set(['GET', 'HEAD', 'DELETE']);

function drainedOrClosed(socket) {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}
