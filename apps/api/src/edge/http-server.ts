import { createServer, maxHeaderSize, type RequestListener, type Server } from 'node:http';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorBody } from './error-body.js';
import { refusalOf } from './refusals.js';
import { noteRequest, refuseMalformed, refuseTunnel } from './refuse-malformed.js';
import { normaliseTarget } from './request-target.js';
import { rewriteUrl } from './routes.js';
import { SilentClients } from './silent-clients.js';

/** Longer than the load balancers in front of us keep theirs (Google's: 600 s), so that we never close a connection they are about to use. */
const keepAliveMilliseconds = 620_000;

/** Node's HTTP server as a registry needs it: no limit on how long a body takes, one on how long headers do, and no "100 Continue" unasked. */
function createHttpServer(listener: RequestListener, idleMilliseconds: number): Server {
  const handler: RequestListener = (request, response) => {
    // Before anybody looks at it: what is routed and what is decided must be the same text.
    request.url = normaliseTarget(request.url ?? '/');
    silent.began(request, response);
    noteRequest(request, response);
    listener(request, response);
  };
  const server = createServer(
    {
      requestTimeout: 0,
      // Node's own refusal has no body.
      requireHostHeader: false,
      keepAliveTimeout: keepAliveMilliseconds,
      headersTimeout: idleMilliseconds,
      noDelay: true,
      // A request that announces no body is no stream that has to be run dry.
      optimizeEmptyRequests: true,
      connectionsCheckingInterval: 5_000,
    },
    handler,
  );
  const silent = new SilentClients(server, idleMilliseconds);
  // With this listener Node leaves the answer to us: the body's first reader sends it, and a refused request never gets that far.
  server.on('checkContinue', handler);
  server.on('checkExpectation', handler);
  server.on('connect', refuseTunnel);
  return server;
}

/** No route has a schema: Fastify would load the compilers of both kinds, 280 modules, to have them. */
function noSchema(): never {
  throw new Error('a route with a schema, which nothing here compiles');
}

/** The Fastify adapter of the edge: raw bodies, names with slashes, our error bodies for what never reaches a controller. */
export function createAdapter(limits: { idleMilliseconds: number }): FastifyAdapter {
  const adapter = new FastifyAdapter({
    serverFactory: (handler: RequestListener) => createHttpServer(handler, limits.idleMilliseconds),
    rewriteUrl: (request: { url?: string }) => rewriteUrl(request.url ?? '/'),
    // Names of any length reach the parser that says what is wrong with them; Node limits the request line.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: maxHeaderSize },
    // RFC 9110, section 9.1: whoever answers GET answers HEAD; where a controller has none of its own, as the same without the body.
    exposeHeadRoutes: true,
    forceCloseConnections: 'idle',
    // While we drain, requests on open connections are still served; they are told to close.
    return503OnClosing: false,
    frameworkErrors: (_error: Error, request: FastifyRequest, reply: FastifyReply) => {
      setCommonHeaders(request, reply);
      void reply.status(400).header('content-type', 'application/json').send(errorBody('requestInvalid'));
    },
    clientErrorHandler: refuseMalformed,
    schemaController: { compilersFactory: { buildValidator: noSchema, buildSerializer: noSchema } },
  });
  const fastify = adapter.getInstance();
  fastify.removeAllContentTypeParsers();
  // Bodies are read by whoever wants them, as raw bytes, whatever their Content-Type.
  fastify.addContentTypeParser('*', (_request, _payload, done) => done(null));
  fastify.addHook('onRequest', (request, reply, done) => {
    setCommonHeaders(request, reply);
    const refusal = refusalOf(request.raw);
    if (refusal) return done(refusal);
    // Fastify refuses a Content-Type that is none; what a body's type means is for its reader to say, who looks at the raw header.
    if (request.raw.headers['content-type'] !== undefined) request.headers = { 'content-type': 'application/octet-stream' };
    done();
  });
  return adapter;
}

/** What every answer has, also one that Fastify gives before its hooks run. */
function setCommonHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.raw.setHeader('X-Content-Type-Options', 'nosniff');
  if (request.originalUrl.startsWith('/v2')) reply.raw.setHeader('Docker-Distribution-API-Version', 'registry/2.0');
}
