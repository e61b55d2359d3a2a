import 'reflect-metadata';
import { NestFactory, DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from '#platform';
import { ApiModule, type Foundations } from './api.module.js';
import { assertActionsDeclared } from './edge/declared-actions.js';
import { ErrorFilter } from './edge/error.filter.js';
import { createAdapter } from './edge/http-server.js';

/** The api on its foundations, all but listening; refuses a route that declares no action. */
export async function createApi(
  foundations: Foundations,
  limits: { readonly idleTimeoutSeconds: number },
  logger: Logger,
): Promise<NestFastifyApplication> {
  const adapter = createAdapter({ idleMilliseconds: limits.idleTimeoutSeconds * 1_000 });
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.on(foundations), adapter, {
    bodyParser: false,
    logger: false,
    abortOnError: false,
  });
  app.useGlobalFilters(new ErrorFilter(logger));
  assertActionsDeclared(app.get(DiscoveryService), app.get(MetadataScanner), app.get(Reflector));
  return app;
}
