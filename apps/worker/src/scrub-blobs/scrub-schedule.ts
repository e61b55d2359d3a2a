import type { Outage } from '#jobs';
import type { MaintenanceStore } from '#metadata';
import type { Logger } from '#platform';
import { Rounds } from '../maintenance/rounds.js';

const everyMs = 60_000;

export interface ScrubScheduleOptions {
  readonly runs: MaintenanceStore;
  /** From the beginning of one pass to that of the next, at least. */
  readonly intervalSeconds: number;
  readonly database: Outage;
  readonly logger: Logger;
}

/** Has one pass follow the other; whichever worker asks first, there is one. */
export function scrubSchedule({ runs, intervalSeconds, database, logger }: ScrubScheduleOptions): Rounds {
  const round = async () => void (await runs.schedule('scrub', intervalSeconds));
  return new Rounds({ everyMs, round, what: 'schedule the scrub', database, logger });
}
