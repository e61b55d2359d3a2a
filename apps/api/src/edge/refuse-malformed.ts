import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionError } from 'fastify';
import { errorCatalog, type ErrorKind } from '#oci';
import { errorBody } from './error-body.js';
import { hasForeignName } from './routes.js';

/** What isn't HTTP, or takes too long to become it, gets one answer, if it can still hear it. */
export function refuseMalformed(error: ConnectionError, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const kind = kindOf(error);
  const { status } = errorCatalog[kind];
  const body = errorBody(kind);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'X-Content-Type-Options: nosniff',
    'Docker-Distribution-API-Version: registry/2.0',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function kindOf({ code, rawPacket }: ConnectionError): ErrorKind {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headersTooLarge';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'headersTooSlow';
  if (code !== 'HPE_INVALID_URL') return 'requestInvalid';
  // Node's parser takes no bytes beyond ASCII; to a client that sends some in a name, the name is what is wrong.
  const [, path] = /^[A-Z]+ ([^ ?]+)/.exec((rawPacket as unknown as Buffer | undefined)?.toString('latin1') ?? '') ?? [];
  return path !== undefined && hasForeignName(path) ? 'nameInvalid' : 'requestInvalid';
}
