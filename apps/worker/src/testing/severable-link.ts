import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../../../../libs/jobs/src/testing/index.js';

/** A TCP hop to a service on this machine that a spec can cut and mend: to whoever connects through it, the service is gone and back. */
export class SeverableLink {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  private constructor(
    private readonly target: { readonly host: string; readonly port: number },
    readonly port: number,
  ) {}

  static async to(host: string, port: number): Promise<SeverableLink> {
    const link = new SeverableLink({ host, port }, await freePort());
    await link.mend();
    return link;
  }

  /** The same URL, by way of this link. */
  through(url: string): string {
    const via = new URL(url);
    via.host = `127.0.0.1:${this.port}`;
    return via.href;
  }

  async mend(): Promise<void> {
    this.#server = createServer((near) => {
      const far = connect(this.target);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on('error', () => to.destroy()).on('close', () => (this.#sockets.delete(from), to.destroy()));
        from.pipe(to);
      }
    }).listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    for (const socket of this.#sockets) socket.destroy();
    if (!server?.listening) return;
    server.close();
    await once(server, 'close');
  }
}
