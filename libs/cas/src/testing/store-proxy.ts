import { createServer, request as send, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a proxy does to a request instead of passing it on: an answer of the store's kind, or a connection cut; after so many bytes of the answer, if said. */
export type Fault = { readonly status: number; readonly code: string } | { readonly cutAfter: number };

/** Decides about each request, by operation; waiting here holds it back. */
export type Intercept = (operation: string, request: IncomingMessage) => Fault | void | Promise<Fault | void>;

/** An answer that is passed on whole. */
export interface StoreAnswer {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An HTTP proxy before an S3 store that counts requests by operation, holds them back, refuses and cuts them. */
export class StoreProxy {
  readonly operations: string[] = [];
  intercept: Intercept = () => undefined;
  /** What becomes of the answers to an operation, for stores that answer otherwise than this one. */
  readonly changes = new Map<string, (answer: StoreAnswer) => StoreAnswer>();
  readonly #server: Server;

  private constructor(private readonly target: URL) {
    this.#server = createServer((request, response) => void this.#pass(request, response).catch(() => response.destroy()));
  }

  static async before(endpoint: string): Promise<StoreProxy> {
    const proxy = new StoreProxy(new URL(endpoint));
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How often each operation was asked for since the last time, by name. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const operation of this.operations.splice(0)) counts[operation] = (counts[operation] ?? 0) + 1;
    return counts;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const operation = operationOf(request);
    this.operations.push(operation);
    const fault = await this.intercept(operation, request);
    if (fault && 'status' in fault) return refuse(request, response, fault);
    if (fault?.cutAfter === 0) return void request.socket.destroy();
    const onward = send(new URL(request.url ?? '/', this.target), { method: request.method, headers: request.headers }, (answer) => {
      const change = this.changes.get(operation);
      if (change) return void changed(answer, response, change).catch(() => response.destroy());
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      let passed = 0;
      answer.on('data', (chunk: Buffer) => {
        passed += chunk.length;
        if (fault && passed > fault.cutAfter) request.socket.destroy();
        else if (!response.write(chunk)) answer.pause();
      });
      response.on('drain', () => answer.resume());
      answer.on('end', () => response.end());
      answer.on('error', () => response.destroy());
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  }
}

async function changed(answer: IncomingMessage, response: ServerResponse, change: (answer: StoreAnswer) => StoreAnswer): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  const { headers, body } = change({ headers: answer.headers, body: Buffer.concat(chunks).toString() });
  // Of another length, so that how it was sent says nothing any more.
  const others = Object.entries(headers).filter(([name]) => name !== 'content-length' && name !== 'transfer-encoding');
  response.writeHead(answer.statusCode ?? 502, Object.fromEntries(others)).end(body);
}

/** Read to its end first, as a store would. */
function refuse(request: IncomingMessage, response: ServerResponse, { status, code }: { status: number; code: string }): void {
  request.resume().on('end', () => {
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>on purpose</Message></Error>`);
  });
}

/** S3's own name of an operation, by method and query (path style). */
function operationOf({ method = '', url = '' }: IncomingMessage): string {
  const { pathname, searchParams: query } = new URL(url, 'http://store');
  const ofBucket = pathname.split('/').filter(Boolean).length < 2;
  if (query.has('partNumber')) return 'UploadPart';
  if (query.has('uploads')) return method === 'GET' ? 'ListMultipartUploads' : 'CreateMultipartUpload';
  if (query.has('uploadId')) return method === 'DELETE' ? 'AbortMultipartUpload' : 'CompleteMultipartUpload';
  if (query.has('delete')) return 'DeleteObjects';
  if (ofBucket) return method === 'GET' ? 'ListObjectsV2' : `${method} bucket`;
  return { PUT: 'PutObject', GET: 'GetObject', HEAD: 'HeadObject', DELETE: 'DeleteObject' }[method] ?? method;
}
