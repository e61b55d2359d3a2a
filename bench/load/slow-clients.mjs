import { once } from 'node:events';
import { connect } from 'node:net';
import { beginUpload } from './uploads.mjs';

const turns = 10;

/** Clients with an upload begun each, of which so many bytes a second come; 0: nothing but the beginning of a body. */
export class SlowClients {
  #sockets = [];
  #sent = 0;
  #lost = 0;

  static async begin(url, { count, bytesPerSecond }) {
    const clients = new SlowClients();
    // A few at a time, as the queue of connections not yet accepted is short.
    for (let begun = 0; begun < count; begun += 50)
      await Promise.all(Array.from({ length: Math.min(50, count - begun) }, () => clients.#open(url)));
    if (bytesPerSecond > 0) clients.#write(Buffer.alloc(bytesPerSecond, 'slow '));
    return clients;
  }

  /** Bytes that all of them have sent. */
  get sent() {
    return this.#sent;
  }

  /** How many connections the registry has ended. */
  get lost() {
    return this.#lost;
  }

  /** Hang up in mid-body. */
  async leave() {
    clearInterval(this.timer);
    const gone = this.#sockets.map((socket) => (socket.closed ? null : once(socket, 'close')));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(gone);
  }

  async #open(url) {
    const { hostname, port, pathname, search } = await beginUpload(url, 'load/slow');
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on('error', () => undefined).resume();
    socket.once('close', () => (this.#lost += 1));
    await once(socket, 'connect');
    socket.write(`PATCH ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}\r\nContent-Length: 100000000\r\n\r\nabc`);
    this.#sockets.push(socket);
  }

  /** Each once a second, not all at once. */
  #write(bytes) {
    let turn = 0;
    this.timer = setInterval(() => {
      turn += 1;
      for (let at = turn % turns; at < this.#sockets.length; at += turns) {
        if (this.#sockets[at].writable) this.#sockets[at].write(bytes);
        this.#sent += bytes.length;
      }
    }, 1_000 / turns);
  }
}
