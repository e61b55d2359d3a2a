import { NestFactory } from '@nestjs/core';
import { JobProducer } from '#jobs';
import type { Logger, Settings } from '#platform';
import { JobConsumers } from './consumers/job-consumers.js';
import { ExpireUploadsService } from './expire-uploads/expire-uploads.service.js';
import { Upkeep } from './maintenance/upkeep.js';
import { OutboxRelay } from './outbox/outbox-relay.js';
import { openResources } from './resources.js';
import { VerifyBlobService } from './verify-blob/verify-blob.service.js';
import { WorkerModule } from './worker.module.js';

/** A worker at work. */
export interface RunningWorker {
  /** Takes no more work, finishes what runs within the grace time, and gives everything up. */
  stop(): Promise<void>;
}

/** Starts a worker, whether or not Postgres and Redis are there yet. Throws where a job lacks its processor. */
export async function startWorker(settings: Settings, logger: Logger): Promise<RunningWorker> {
  const resources = await openResources(settings, logger);
  try {
    const app = await NestFactory.createApplicationContext(WorkerModule.with(settings, logger, resources), {
      logger: false,
      abortOnError: false,
    });
    const [relay, consumers, expiry] = [app.get(OutboxRelay), app.get(JobConsumers), app.get(ExpireUploadsService)];
    const upkeep = app.get(Upkeep);
    consumers.start();
    relay.start();
    expiry.start();
    upkeep.start();
    return {
      stop: async () => {
        const graceMs = settings.processes.shutdownGraceSeconds * 1_000;
        // Only reading an object again takes long, and the next worker can do it as well.
        const impatience = setTimeout(() => app.get(VerifyBlobService).abort(), graceMs);
        const atRest = Promise.all([relay.close(), expiry.close(), upkeep.close()]);
        await consumers.close(atRest);
        clearTimeout(impatience);
        await app.get(JobProducer).close();
        await resources.close();
      },
    };
  } catch (error) {
    await resources.close();
    throw error;
  }
}
