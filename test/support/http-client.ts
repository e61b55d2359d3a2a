import net from 'node:net';
import tls from 'node:tls';
import { Exchange } from './exchange.js';
import type { HttpResponse } from './http-response.js';

/** A header set to undefined is not sent, also where the client would have added it. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;
export type RequestBody = Uint8Array | string | AsyncIterable<Uint8Array>;
export interface RequestOptions {
  readonly headers?: RequestHeaders;
  /** Bytes go with their Content-Length, an iterable goes chunked unless a Content-Length is given. */
  readonly body?: RequestBody;
}

/** Called with every answer, so that what holds for all of them is checked everywhere. */
export type Inspect = (request: { method: string; target: string }, response: HttpResponse) => void;

const methodsWithBody: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** HTTP/1.1 with nothing in between: targets and bodies go out as given, one connection per request, no redirects, no retries. */
export class HttpClient {
  readonly base: URL;

  constructor(
    base: string,
    private readonly inspect: Inspect = () => undefined,
  ) {
    this.base = new URL(base);
  }

  async request(method: string, target: string, options: RequestOptions = {}): Promise<HttpResponse> {
    const { body, headers = {} } = options;
    const framing = framingOf(method, body, headers);
    const exchange = await this.open(method, target, { ...framing, ...headers });
    await send(exchange, body, 'Transfer-Encoding' in framing);
    const response = await exchange.response;
    this.inspect({ method, target }, response);
    return response;
  }

  /** Sends a head and leaves the rest to the caller. */
  async open(method: string, target: string, headers: RequestHeaders = {}): Promise<Exchange> {
    const lines = Object.entries({ Host: this.base.host, ...this.credentials(), ...headers }).flatMap(([name, value]) =>
      (value === undefined ? [] : [value].flat()).map((one) => `${name}: ${one}\r\n`),
    );
    return this.raw(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, method);
  }

  /** Sends anything at all; `method` only says whether the answer has a body. */
  async raw(bytes: string, method = 'GET'): Promise<Exchange> {
    const socket = await this.connect();
    const exchange = new Exchange(socket, method);
    socket.write(bytes, 'latin1');
    return exchange;
  }

  get = (target: string, headers?: RequestHeaders) => this.request('GET', target, { headers });
  head = (target: string, headers?: RequestHeaders) => this.request('HEAD', target, { headers });
  delete = (target: string, headers?: RequestHeaders) => this.request('DELETE', target, { headers });
  post = (target: string, body?: RequestBody, headers?: RequestHeaders) => this.request('POST', target, { body, headers });
  put = (target: string, body?: RequestBody, headers?: RequestHeaders) => this.request('PUT', target, { body, headers });
  patch = (target: string, body?: RequestBody, headers?: RequestHeaders) => this.request('PATCH', target, { body, headers });

  private connect(): Promise<net.Socket> {
    const secure = this.base.protocol === 'https:';
    const host = this.base.hostname;
    const port = Number(this.base.port || (secure ? 443 : 80));
    return new Promise((resolve, reject) => {
      const options = { host, port, noDelay: true, allowHalfOpen: true };
      const socket = secure ? tls.connect({ ...options, servername: host }) : net.connect(options);
      socket.once('error', reject);
      socket.once(secure ? 'secureConnect' : 'connect', () => resolve(socket.off('error', reject)));
    });
  }

  private credentials(): RequestHeaders {
    const { username, password } = this.base;
    if (!username) return {};
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
  }
}

function framingOf(method: string, body: RequestBody | undefined, headers: RequestHeaders): RequestHeaders {
  if ('Content-Length' in headers || 'Transfer-Encoding' in headers) return {};
  if (body === undefined) return methodsWithBody.has(method) ? { 'Content-Length': '0' } : {};
  if (typeof body === 'string' || body instanceof Uint8Array) return { 'Content-Length': String(Buffer.byteLength(body)) };
  return { 'Transfer-Encoding': 'chunked' };
}

async function send(exchange: Exchange, body: RequestBody | undefined, chunked: boolean): Promise<void> {
  if (body === undefined) return;
  if (typeof body === 'string' || body instanceof Uint8Array) return exchange.write(body);
  for await (const piece of body) {
    if (exchange.answered) return;
    await (chunked ? exchange.writeChunk(piece) : exchange.write(piece));
  }
  if (chunked) await exchange.endChunks();
}
