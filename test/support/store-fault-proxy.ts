import { createServer, request as send, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to a request instead of being passed on: an error of the store's kind, a broken connection, nothing at all; `lose`: only its answer is lost. */
export type StoreFault = { readonly status: number; readonly code: string } | 'cut' | 'swallow' | 'lose';

/** Decides about a request; undefined passes it on. */
export type FaultRule = (request: { method: string; url: string }) => StoreFault | undefined;

const none: FaultRule = () => undefined;

/** An HTTP hop before an S3 store: counts its requests, slows them down, refuses, cuts and swallows them, and loses their answers. */
export class StoreFaultProxy {
  /** Waited before each request is passed on. */
  latencyMs = 0;
  requests = 0;
  private rule = none;
  private readonly target: URL;
  private readonly server: Server;
  private readonly swallowed = new Set<IncomingMessage>();

  private constructor(target: string) {
    this.target = new URL(target);
    this.server = createServer((request, response) => void this.answer(request, response));
    this.server.keepAliveTimeout = 60_000;
  }

  static async before(endpoint: string): Promise<StoreFaultProxy> {
    const proxy = new StoreFaultProxy(endpoint);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** How many connections the replicas hold now. */
  connections(): Promise<number> {
    return new Promise((resolve, reject) => this.server.getConnections((error, count) => (error ? reject(error) : resolve(count))));
  }

  /** From now on, for the requests the rule names. */
  fail(rule: FaultRule): void {
    this.rule = rule;
  }

  /** Passes everything on again; what was swallowed breaks. */
  mend(): void {
    this.rule = none;
    this.latencyMs = 0;
    for (const request of this.swallowed) request.socket.destroy();
    this.swallowed.clear();
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    request.on('error', () => undefined);
    const fault = this.rule({ method: request.method ?? '', url: request.url ?? '' });
    if (fault === 'swallow') return void this.swallowed.add(request.on('close', () => this.swallowed.delete(request)));
    if (fault === 'cut') return void request.socket.destroy();
    if (fault && fault !== 'lose') return refuse(request, response, fault);
    if (this.latencyMs > 0) await new Promise((resume) => setTimeout(resume, this.latencyMs));
    this.pass(request, response, fault === 'lose');
  }

  private pass(request: IncomingMessage, response: ServerResponse, lose: boolean): void {
    const { method, headers } = request;
    const onward = send(new URL(request.url ?? '/', this.target), { method, headers }, (answer) => {
      // The store has done what it was asked.
      if (lose) return void request.socket.destroy();
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  }
}

/** Reads the request to its end first, as a store would. */
function refuse(request: IncomingMessage, response: ServerResponse, { status, code }: { status: number; code: string }): void {
  request.resume().on('end', () => {
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>on purpose</Message></Error>`);
  });
}
