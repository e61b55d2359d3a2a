import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './running-registry.js';

interface Address {
  readonly host: string;
  readonly port: number;
}

/** A TCP hop before a service: slow, cut, refusing, swallowing, or leading elsewhere, while whoever connects knows only its address. */
export class FaultProxy {
  /** Added to every piece of bytes, in either direction. */
  latencyMs = 0;
  readonly port: number;
  private target: Address;
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  private open: Promise<void> = Promise.resolve();
  private letThrough: () => void = () => undefined;

  private constructor(target: Address, port: number) {
    this.target = target;
    this.port = port;
  }

  /** Before whatever listens at the host and port of a URL. */
  static async before(url: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(addressOf(url), await freePort());
    await proxy.listen();
    return proxy;
  }

  /** The same URL by way of this proxy. */
  through(url: string): string {
    const via = new URL(url);
    via.host = `127.0.0.1:${this.port}`;
    return via.href.replace(/\/$/, url.endsWith('/') ? '/' : '');
  }

  /** How many connections clients hold now. */
  get connections(): number {
    return this.sockets.size;
  }

  /** Breaks every connection; new ones are taken. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** Breaks every connection, and refuses new ones. */
  async refuse(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    this.cut();
    if (!server) return;
    server.close();
    await once(server, 'close');
  }

  /** Passes nothing on, and says nothing: connections stay, new ones are taken, as behind a network that loses every packet. */
  swallow(): void {
    this.open = new Promise((resolve) => (this.letThrough = resolve));
  }

  /** Takes connections and passes on; what was swallowed arrives late. */
  async mend(): Promise<void> {
    this.letThrough();
    this.open = Promise.resolve();
    if (!this.server) await this.listen();
  }

  /** Leads to another address from now on, as after a failover: connections to the old one break. */
  redirect(url: string): void {
    this.target = addressOf(url);
    this.cut();
  }

  async close(): Promise<void> {
    this.letThrough();
    await this.refuse();
  }

  private async listen(): Promise<void> {
    this.server = createServer((near) => void this.pass(near)).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  private async pass(near: Socket): Promise<void> {
    this.sockets.add(near);
    near.on('error', () => undefined).once('close', () => this.sockets.delete(near));
    await this.open;
    if (near.destroyed) return;
    const far = connect(this.target);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.setNoDelay(true).on('data', (bytes) => void this.forward(bytes, from, to));
      from.on('end', () => to.end()).on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  }

  private async forward(bytes: Buffer, from: Socket, to: Socket): Promise<void> {
    from.pause();
    if (this.latencyMs > 0) await new Promise((resume) => setTimeout(resume, this.latencyMs));
    await this.open;
    if (to.destroyed) return;
    if (!to.write(bytes)) await Promise.race([once(to, 'drain'), once(to, 'close')]).catch(() => undefined);
    from.resume();
  }
}

function addressOf(url: string): Address {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}
