import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { announceReady, databaseUrlOf, onShutdown, runProcess, type Logger, type Settings } from '#platform';
import { createApi } from './create-api.js';
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
  const app = await createApi(foundations, settings.http, logger);
  onShutdown(async () => {
    app.get(Readiness).draining = true;
    await app.close();
    await foundations.close();
  }, settings.processes.shutdownGraceSeconds);
  await listen(app, settings);
  logger.info({ host: settings.listen.host, port: settings.listen.port }, 'api listening');
  announceReady();
  // Loading and compiling leave a quarter of the memory as garbage that V8 would keep for a process with nothing to do.
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

await runProcess('api', serve);
