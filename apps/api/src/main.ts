import 'reflect-metadata';
import { NestFactory, DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { announceReady, databaseUrlOf, onShutdown, runProcess, type Logger, type Settings } from '#platform';
import { ApiModule } from './api.module.js';
import { assertActionsDeclared } from './edge/declared-actions.js';
import { ErrorFilter } from './edge/error.filter.js';
import { createAdapter } from './edge/http-server.js';
import { openFoundations } from './foundations.js';
import { Readiness } from './health/health.controller.js';

async function listen(app: NestFastifyApplication, { listen: { host, port }, processes }: Settings): Promise<void> {
  await app.init();
  // Several api processes share one port; a single one would rather hear that it is taken.
  const options = { host, port, backlog: 1024, reusePort: processes.api > 1 };
  await app.getHttpAdapter().getInstance().listen(options);
}

async function serve(settings: Settings, logger: Logger): Promise<void> {
  const foundations = openFoundations(settings, databaseUrlOf(settings), logger);
  const adapter = createAdapter({ idleMilliseconds: settings.http.idleTimeoutSeconds * 1_000 });
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.on(foundations), adapter, {
    bodyParser: false,
    logger: false,
    abortOnError: false,
  });
  app.useGlobalFilters(new ErrorFilter(logger));
  assertActionsDeclared(app.get(DiscoveryService), app.get(MetadataScanner), app.get(Reflector));
  onShutdown(async () => {
    app.get(Readiness).draining = true;
    await app.close();
    await foundations.close();
  }, settings.processes.shutdownGraceSeconds);
  await listen(app, settings);
  logger.info({ host: settings.listen.host, port: settings.listen.port }, 'api listening');
  announceReady();
}

await runProcess('api', serve);
