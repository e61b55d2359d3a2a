import { BufferBudget, openDriver, type StorageDriver } from '#cas';
import { JobProducer, openJobBackend, type JobBackend, type OutageReport } from '#jobs';
import { Database } from '#metadata';
import { SettingsError, type Logger, type Settings } from '#platform';
import type { Foundations } from './api.module.js';
import { DiskGuard } from './edge/disk-guard.js';
import { EdgeLimits } from './edge/limits.js';

/** Opens what the api stands on; nothing of it needs to answer yet. `close` lets go of it in the opposite order. */
export function openFoundations(settings: Settings, databaseUrl: string, logger: Logger): Foundations & { close(): Promise<void> } {
  const database = Database.connect({
    url: databaseUrl,
    poolSize: settings.database.poolSize,
    applicationName: 'entrepot-api',
    onError: (error) => logger.warn({ err: error }, 'database connection lost'),
  });
  const driver = openDriver(storageOf(settings), new BufferBudget({ bytes: settings.uploads.bufferBytes }));
  const backend = openJobBackend({ redisUrl: settings.redis.url, databaseUrl }, outageReport(logger));
  const jobs = new JobProducer(backend);
  return {
    database,
    driver,
    jobs,
    disk: new DiskGuard(driver, { minFreeBytes: settings.uploads.minFreeBytes, dataDir: settings.dataDir }),
    limits: new EdgeLimits(settings.http.idleTimeoutSeconds * 1_000, settings.verification.timeoutSeconds * 1_000),
    times: { blobGraceSeconds: settings.blobs.graceSeconds, uploadExpirySeconds: settings.uploads.expirySeconds },
    close: () => closeAll(jobs, backend, driver, database),
  };
}

/** The storage settings this version has a driver for. */
function storageOf({ storage }: Settings): Parameters<typeof openDriver>[0] {
  if (storage.driver !== 'filesystem') throw new SettingsError(`STORAGE_DRIVER ${storage.driver} is not part of this version`);
  return storage;
}

function outageReport(logger: Logger): OutageReport {
  return {
    began: (queue, error) => logger.warn({ queue, err: error }, 'job queue unavailable; workers find their work themselves'),
    ended: (queue, seconds) => logger.info({ queue, seconds }, 'job queue available again'),
  };
}

async function closeAll(jobs: JobProducer, backend: JobBackend, driver: StorageDriver, database: Database): Promise<void> {
  await jobs.close();
  await backend.close();
  await driver.close();
  await database.close();
}
