import { BufferBudget, DigestVerifier, openDriver, type StorageDriver } from '#cas';
import { openJobBackend, Outage, type JobBackend } from '#jobs';
import { Database } from '#metadata';
import { databaseUrlOf, type Logger, type Settings } from '#platform';
import { outageLog } from './outbox/outage-log.js';

/** What the worker holds open. None of it needs to be there yet when the worker starts. */
export interface WorkerResources {
  readonly db: Database;
  readonly database: Outage;
  readonly driver: StorageDriver;
  readonly verifier: DigestVerifier;
  /** Its own thread: nobody's verdict waits for a scrub. */
  readonly scrubVerifier: DigestVerifier;
  readonly backend: JobBackend;
  close(): Promise<void>;
}

/** Every kind of row that is being worked off holds a connection and may need a second one. */
const spareConnections = 6;

/** Opens everything; throws SettingsError where there is no database to work for. */
export async function openResources(settings: Settings, logger: Logger): Promise<WorkerResources> {
  const { threads } = settings.verification;
  const url = databaseUrlOf(settings);
  const db = Database.connect({
    url,
    poolSize: Math.max(settings.database.poolSize, 2 * threads + spareConnections),
    pooler: settings.database.pooler,
    applicationName: 'entrepot-worker',
    onError: (error) => database.failed(error),
  });
  const report = outageLog(logger);
  const database = new Outage({ name: 'PostgreSQL', probe: () => db.ping(), report });
  const driverOptions = settings.storage;
  // As large as the api's: closing an upload takes back what the api left behind its last part, at once.
  const driver = openDriver(driverOptions, new BufferBudget({ bytes: settings.uploads.bufferBytes }));
  const verifier = new DigestVerifier({ driverOptions, threads });
  const scrubVerifier = new DigestVerifier({ driverOptions, threads: 1 });
  const backend = await openJobBackend({ redisUrl: settings.redis.url, databaseUrl: settings.database.directUrl ?? url }, report);
  const close = async () => {
    database.close();
    // In the order in which one uses the other; one that can't be closed must not keep the others open.
    for (const resource of [backend, verifier, scrubVerifier, driver, db])
      await resource.close().catch((err: unknown) => logger.warn({ err }, 'closed badly'));
  };
  return { db, database, driver, verifier, scrubVerifier, backend, close };
}
