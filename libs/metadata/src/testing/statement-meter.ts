import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const [query, parse, bind] = ['Q', 'P', 'B'].map((letter) => letter.charCodeAt(0));

/**
 * A hop before PostgreSQL that reads what clients say and counts what they have executed, by the name it was prepared under, or by its text:
 * also what runs past a store or a pool, as transactions' own statements do.
 */
export class StatementMeter {
  private seen: string[] = [];
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly target: URL) {
    this.server = createServer((client) => this.pass(client));
  }

  static async before(databaseUrl: string): Promise<StatementMeter> {
    const meter = new StatementMeter(new URL(databaseUrl));
    await once(meter.server.listen(0, '127.0.0.1'), 'listening');
    return meter;
  }

  /** The same database through this hop. */
  get url(): string {
    const { port } = this.server.address() as AddressInfo;
    return Object.assign(new URL(this.target), { hostname: '127.0.0.1', port: String(port) }).href;
  }

  /** What was executed since the last time, and how often. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const name of this.seen) counts[name] = (counts[name] ?? 0) + 1;
    this.seen = [];
    return counts;
  }

  async close(): Promise<void> {
    this.sockets.forEach((socket) => socket.destroy());
    this.server.close();
    await once(this.server, 'close');
  }

  private pass(client: Socket): void {
    const server = connect(Number(this.target.port), this.target.hostname);
    const said = this.listener();
    client.on('data', said);
    client.pipe(server).pipe(client);
    for (const socket of [client, server]) {
      this.sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => [client, server].forEach((end) => end.destroy()));
    }
  }

  /** Reads one connection's messages: a first one without a letter, then each a letter, its length and a body. */
  private listener(): (bytes: Buffer) => void {
    let rest = Buffer.alloc(0);
    let letterBytes = 0;
    let unnamed = '';
    return (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      while (rest.length >= letterBytes + 4 && rest.length >= letterBytes + rest.readUInt32BE(letterBytes)) {
        const end = letterBytes + rest.readUInt32BE(letterBytes);
        const [letter, body] = [letterBytes === 0 ? 0 : rest[0], rest.subarray(letterBytes + 4, end)];
        rest = rest.subarray(end);
        letterBytes = 1;
        const [first = '', second = ''] = body.toString('latin1').split('\0', 2);
        if (letter === query) this.seen.push(first);
        if (letter === parse && first === '') unnamed = second;
        if (letter === bind) this.seen.push(second || unnamed);
      }
    };
  }
}
