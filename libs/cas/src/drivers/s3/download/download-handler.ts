import { Readable } from 'node:stream';
import type { ReadBuffers } from '../../../buffers/read-buffers.js';
import type { IncomingBody } from './incoming-body.js';
import { StoreConnection, type Origin } from './store-connection.js';

/** What the SDK hands to whoever sends its requests. */
interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** A body as the SDK wants it; whoever knows better reads `incoming`. */
export class DownloadStream extends Readable {
  constructor(readonly incoming: IncomingBody) {
    super();
  }

  override _read(): void {
    this.incoming.next().then(
      ({ value }) => this.push(value ? Buffer.from(value) : null),
      (error: Error) => this.destroy(error),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    void this.incoming.return().then(() => done(error));
  }
}

/** Sends the SDK's GET requests over connections that are read into pooled buffers. What goes wrong before the first byte is the SDK's to try again. */
export class DownloadHandler {
  readonly metadata = { handlerProtocol: 'http/1.1' };
  readonly #origins = new Map<string, { readonly origin: Origin; readonly idle: StoreConnection[] }>();
  readonly #all = new Set<StoreConnection>();

  constructor(private readonly buffers: ReadBuffers) {}

  async handle(request: SdkRequest): Promise<{ response: { statusCode: number; headers: Record<string, string>; body: Readable } }> {
    const connection = this.#connectionFor(request);
    const { status, headers, body } = await connection.request(headOf(request));
    const stream = Buffer.isBuffer(body) ? Readable.from([body], { objectMode: false }) : new DownloadStream(body);
    return { response: { statusCode: status, headers: { ...headers }, body: stream } };
  }

  /** The SDK's settings of a handler; this one has none. */
  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): object {
    return {};
  }

  destroy(): void {
    for (const connection of this.#all) connection.close();
  }

  #connectionFor({ protocol, hostname, port }: SdkRequest): StoreConnection {
    const name = `${protocol}//${hostname}:${port}`;
    const secure = protocol === 'https:';
    const host = hostname.replace(/^\[(.*)\]$/, '$1');
    const { origin, idle } = this.#origins.get(name) ?? { origin: { secure, host, port: port ?? (secure ? 443 : 80) }, idle: [] };
    this.#origins.set(name, { origin, idle });
    const free = (connection: StoreConnection) => void idle.push(connection);
    const gone = (connection: StoreConnection) => {
      this.#all.delete(connection);
      const at = idle.indexOf(connection);
      if (at >= 0) idle.splice(at, 1);
    };
    const connection = idle.pop() ?? new StoreConnection(origin, this.buffers, { free, gone });
    this.#all.add(connection);
    return connection;
  }
}

function headOf({ path, query = {}, headers }: SdkRequest): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => [value ?? ''].flat().map((one) => `${escaped(name)}=${escaped(one)}`));
  const target = pairs.length > 0 ? `${path}?${pairs.join('&')}` : path;
  const lines = [`GET ${target} HTTP/1.1`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  if (lines.some((line) => /[^\t -~]/.test(line))) throw new TypeError('a request that would not be one');
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
