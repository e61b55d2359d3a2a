import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionError } from 'fastify';
import { errorCatalog, type ErrorKind } from '#oci';
import { errorBody } from './error-body.js';
import { normaliseTarget } from './request-target.js';
import { allowedMethods, hasForeignName } from './routes.js';

const latest = new WeakMap<Duplex, { request: IncomingMessage; response: ServerResponse }>();

/** To be told of every request: what comes after it on its connection, and is no HTTP, may be a body's wrong length. */
export function noteRequest(request: IncomingMessage, response: ServerResponse): void {
  latest.set(request.socket, { request, response });
}

/** What isn't HTTP, or takes too long to become it, gets one answer, if it can still hear it. */
export function refuseMalformed(error: ConnectionError, socket: Socket): void {
  if (socket.writable) write(socket, bodyProblem(error, socket) ?? kindOf(error));
  else socket.destroy();
}

/** CONNECT, which Node gives to nobody else and would answer by hanging up. */
export function refuseTunnel({ url = '' }: IncomingMessage, socket: Duplex): void {
  const methods = allowedMethods(normaliseTarget(url));
  socket.on('error', () => socket.destroy());
  if (methods) write(socket, 'methodUnsupported', [`Allow: ${methods.join(', ')}`]);
  else write(socket, 'resourceUnknown');
}

function write(socket: Duplex, kind: ErrorKind, headers: readonly string[] = []): void {
  const { status } = errorCatalog[kind];
  const body = errorBody(kind);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'X-Content-Type-Options: nosniff',
    'Docker-Distribution-API-Version: registry/2.0',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...headers,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** What is wrong with the body of the request that is under way, if that is it. */
function bodyProblem({ code }: ConnectionError, socket: Socket): ErrorKind | null {
  const { request, response } = latest.get(socket) ?? {};
  if (!request || !response) return null;
  if (!request.complete) return code === 'HPE_INVALID_EOF_STATE' ? 'uploadInterrupted' : null;
  // Behind a body that is complete, and not answered yet, comes no request: the body is longer than was announced.
  return !response.writableEnded && Number(request.headers['content-length'] ?? 0) > 0 ? 'sizeInvalid' : null;
}

function kindOf({ code, rawPacket }: ConnectionError): ErrorKind {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headersTooLarge';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'headersTooSlow';
  if (code !== 'HPE_INVALID_URL') return 'requestInvalid';
  // Node's parser takes no bytes beyond ASCII; to a client that sends some in a name, the name is what is wrong.
  const [, path] = /^[A-Z]+ ([^ ?]+)/.exec((rawPacket as unknown as Buffer | undefined)?.toString('latin1') ?? '') ?? [];
  return path !== undefined && hasForeignName(path) ? 'nameInvalid' : 'requestInvalid';
}
