import type { Outage } from '#jobs';
import type { MaintenanceStore } from '#metadata';
import type { Logger } from '#platform';
import { Rounds } from './rounds.js';

const everyMs = 3_600_000;
const keptDays = 90;

export interface PurgeScheduleOptions {
  readonly runs: MaintenanceStore;
  readonly database: Outage;
  readonly logger: Logger;
}

/** Forgets runs that are long over, and the orphans they noted. */
export function purgeSchedule({ runs, database, logger }: PurgeScheduleOptions): Rounds {
  const round = () => runs.purge(keptDays);
  return new Rounds({ everyMs, round, what: 'forget old runs', database, logger });
}
