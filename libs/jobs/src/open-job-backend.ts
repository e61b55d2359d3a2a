import type { JobBackend } from './job-backend.js';
import type { OutageReport } from './outage.js';

export interface JobBackendSettings {
  /** Present: BullMQ on Redis. */
  readonly redisUrl?: string | undefined;
  /** Used where there is no Redis: BullMQ on its own Postgres backend, schema `bullmq`. */
  readonly databaseUrl: string;
}

/** Opens the job backend the settings name. Neither Redis nor Postgres needs to be there yet. BullMQ is loaded here, with the one driver it takes. */
export async function openJobBackend(settings: JobBackendSettings, report: OutageReport): Promise<JobBackend> {
  if (settings.redisUrl) {
    const { RedisJobBackend } = await import('./redis-backend.js');
    return new RedisJobBackend(settings.redisUrl, report);
  }
  const { PostgresJobBackend } = await import('./postgres-backend.js');
  return new PostgresJobBackend(settings.databaseUrl, report);
}
