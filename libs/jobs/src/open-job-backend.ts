import type { JobBackend } from './job-backend.js';
import type { OutageReport } from './outage.js';
import { PostgresJobBackend } from './postgres-backend.js';
import { RedisJobBackend } from './redis-backend.js';

export interface JobBackendSettings {
  /** Present: BullMQ on Redis. */
  readonly redisUrl?: string | undefined;
  /** Used where there is no Redis: BullMQ on its own Postgres backend, schema `bullmq`. */
  readonly databaseUrl: string;
}

/** Opens the job backend the settings name. Neither Redis nor Postgres needs to be there yet. */
export function openJobBackend(settings: JobBackendSettings, report: OutageReport): JobBackend {
  return settings.redisUrl ? new RedisJobBackend(settings.redisUrl, report) : new PostgresJobBackend(settings.databaseUrl, report);
}
