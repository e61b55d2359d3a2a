import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Cuts connections on which nothing has moved for the idle time, unless it is the client who waits for us: one with a request under way and
 * nothing to take. One that has not had a request yet is left to the server's own limit on headers, which answers it. A socket's time-out looks
 * at partly written answers too, so it tells slow from silent.
 */
export class SilentClients {
  private readonly underWay = new WeakMap<Socket, number>();

  constructor(server: Server, idleMilliseconds: number) {
    server.setTimeout(idleMilliseconds, (socket) => {
      if (socket.writableLength > 0 || this.underWay.get(socket) === 0) socket.destroy();
    });
  }

  /** To be told of every request. */
  began({ socket }: IncomingMessage, response: ServerResponse): void {
    this.count(socket, 1);
    response.once('close', () => this.count(socket, -1));
  }

  private count(socket: Socket, change: number): void {
    this.underWay.set(socket, (this.underWay.get(socket) ?? 0) + change);
  }
}
