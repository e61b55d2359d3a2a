import 'reflect-metadata';
import { announceReady, onShutdown, runProcess } from '#platform';
import { startWorker } from './start-worker.js';

/** What closing may take beyond the grace time of the work itself. */
const closingSeconds = 5;

await runProcess('worker', async (settings, logger) => {
  const worker = await startWorker(settings, logger);
  onShutdown(async (reason) => {
    logger.info({ reason }, 'stopping');
    await worker.stop();
  }, settings.processes.shutdownGraceSeconds + closingSeconds);
  logger.info({ jobs: settings.redis.url ? 'redis' : 'postgres', storage: settings.storage.driver }, 'working');
  announceReady();
});
