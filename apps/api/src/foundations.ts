import { BufferBudget, openDriver } from '#cas';
import { JobProducer, openJobBackend, type OutageReport } from '#jobs';
import { Database, PullStore, UploadSessionStore, WriteBehindSessionStore } from '#metadata';
import { clusterFolderOf, type Logger, type Settings } from '#platform';
import type { Foundations } from './api.module.js';
import { DiskGuard } from './edge/disk-guard.js';
import { EdgeLimits } from './edge/limits.js';
import { PullTimes } from './pulls/pull-times.js';
import { DownloadAddresses } from './v2/blobs/download-addresses.js';
import { maxManifestBytes, PayloadReader } from './v2/manifests/payload-reader.js';

/** The least that lets four manifests of the largest size come at once. */
const leastManifestMemory = 4 * maxManifestBytes;

/** Opens what the api stands on; nothing of it needs to answer yet. `close` lets go of it in the opposite order. */
export function openFoundations(settings: Settings, databaseUrl: string, logger: Logger): Foundations & { close(): Promise<void> } {
  const database = Database.connect({
    url: databaseUrl,
    poolSize: settings.database.poolSize,
    pooler: settings.database.pooler,
    applicationName: 'entrepot-api',
    onError: (error) => logger.warn({ err: error }, 'database connection lost'),
  });
  const driver = openDriver(settings.storage, new BufferBudget({ bytes: settings.uploads.bufferBytes }));
  const { largestBlobBytes } = driver;
  if (largestBlobBytes !== null) logger.info({ largestBlobBytes }, 'largest blob that storage takes');
  const queues = { redisUrl: settings.redis.url, databaseUrl: settings.database.directUrl ?? databaseUrl };
  // BullMQ is a sixth of what an idle api would hold.
  const jobs = new JobProducer(() => openJobBackend(queues, outageReport(logger)));
  const pulls = new PullTimes(new PullStore(database), logger);
  const manifestMemory = new BufferBudget({ bytes: Math.max(leastManifestMemory, Math.floor(settings.uploads.bufferBytes / 4)) });
  const redirect = settings.storage.driver === 's3' && settings.storage.redirect;
  const times = {
    blobGraceSeconds: settings.blobs.graceSeconds,
    blobLingerSeconds: settings.blobs.lingerSeconds,
    uploadExpirySeconds: settings.uploads.expirySeconds,
  };
  const { writeBehindMs } = settings.uploads;
  const sessions =
    writeBehindMs > 0 ? new WriteBehindSessionStore(database, times, writeBehindMs) : new UploadSessionStore(database, times);
  const idleMilliseconds = settings.http.idleTimeoutSeconds * 1_000;
  return {
    database,
    driver,
    jobs,
    pulls,
    payloads: new PayloadReader(manifestMemory, idleMilliseconds),
    disk: new DiskGuard(driver, {
      minFreeBytes: settings.uploads.minFreeBytes,
      folders: [settings.dataDir, clusterFolderOf(settings.dataDir)],
    }),
    addresses: new DownloadAddresses(driver, { redirect, lingerSeconds: settings.blobs.lingerSeconds }),
    limits: new EdgeLimits(idleMilliseconds, settings.verification.timeoutSeconds * 1_000),
    sessions,
    times,
    close: () => closeAll([sessions, pulls, jobs, driver, database]),
  };
}

function outageReport(logger: Logger): OutageReport {
  return {
    began: (queue, error) => logger.warn({ queue, err: error }, 'job queue unavailable; workers find their work themselves'),
    ended: (queue, seconds) => logger.info({ queue, seconds }, 'job queue available again'),
  };
}

async function closeAll(resources: readonly { close(): Promise<void> }[]): Promise<void> {
  for (const resource of resources) await resource.close();
}
