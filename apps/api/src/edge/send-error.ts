import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorCatalog, type RegistryError } from '#oci';
import { errorBody, errorHeaders } from './error-body.js';
import { awaitsContinue } from './request-body.js';

const drainBytes = 1024 * 1024;
const drainMilliseconds = 2_000;

/** Sends an error; where the request's body is still coming, without making the client see "connection reset" instead of it. */
export function sendError(request: FastifyRequest, reply: FastifyReply, error: RegistryError): void {
  const { status } = errorCatalog[error.kind];
  void reply.headers(errorHeaders(error));
  if (!bodyPending(request)) {
    void reply.status(status).send(errorBody(error.kind, error.detail));
    return;
  }
  sendWhileReceiving(request, reply, { status, body: errorBody(error.kind, error.detail) });
}

function bodyPending({ raw }: FastifyRequest): boolean {
  const hasBody = raw.headers['transfer-encoding'] !== undefined || Number(raw.headers['content-length'] ?? 0) > 0;
  return hasBody && !raw.readableEnded;
}

/**
 * The answer is complete for the client (it knows the length), but the socket stays open until the client closes it, or a little while, and
 * what still comes is dropped: closing a socket that has unread bytes sends a reset, which may overtake the answer.
 */
function sendWhileReceiving({ raw }: FastifyRequest, reply: FastifyReply, answer: { status: number; body: string }): void {
  reply.hijack();
  const response = reply.raw;
  const body = Buffer.from(answer.body);
  response.writeHead(answer.status, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-length': body.length,
    connection: 'close',
  });
  response.write(body);
  // A client that waits for "100 Continue" sends nothing before it: nothing to drop.
  if (awaitsContinue(raw)) {
    response.end();
    return;
  }
  let left = drainBytes;
  const finish = () => {
    clearTimeout(timer);
    raw.removeAllListeners('data');
    raw.pause();
    response.end();
  };
  const timer = setTimeout(finish, drainMilliseconds);
  raw.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    // Not closing but standing still: a client that sends as fast as it can has to stop, and finds the answer before any reset.
    if (left < 0) raw.pause();
  });
  raw.once('end', finish);
  raw.once('close', finish);
  raw.resume();
}
