import { connect } from 'node:net';
import { freePort } from '../running-registry.js';
import { OwnedProcess } from './owned-process.js';

/** Debian's redis-server, without a file to remember anything by, on a port that stays. */
export class RedisServer {
  readonly port: number;
  readonly process: OwnedProcess;

  private constructor(port: number, process: OwnedProcess) {
    this.port = port;
    this.process = process;
  }

  static async start(folder: string, options: { detached?: boolean } = {}): Promise<RedisServer> {
    const port = await freePort();
    const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'];
    const server = new RedisServer(port, new OwnedProcess('Redis', ['redis-server', ...settings], options));
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  start(): Promise<void> {
    return this.process.start(async () => (await this.ask('PING')).startsWith('+PONG'));
  }

  stop(): Promise<void> {
    return this.process.stop();
  }

  /** Forgets everything, as a server does that is replaced by an empty one. */
  async flush(): Promise<void> {
    const answer = await this.ask('FLUSHALL');
    if (!answer.startsWith('+OK')) throw new Error(`Redis was not flushed: ${answer}`);
  }

  /** One inline command; the answer's first bytes, or nothing where nobody answers. */
  private ask(command: string): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1', () => socket.write(`${command}\r\n`));
      socket.once('data', (bytes) => (resolve(bytes.toString()), socket.destroy()));
      socket.once('error', () => resolve('')).once('close', () => resolve(''));
    });
  }
}
