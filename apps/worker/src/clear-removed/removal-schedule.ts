import type { Outage } from '#jobs';
import type { RemovalStore } from '#metadata';
import type { Logger } from '#platform';
import { Rounds } from '../maintenance/rounds.js';

const everyMs = 60_000;

export interface RemovalScheduleOptions {
  readonly removals: RemovalStore;
  readonly database: Outage;
  readonly logger: Logger;
}

/** Has cleared away what a run of removal left that failed or was cancelled: nobody but a worker can see it any more. */
export function removalSchedule({ removals, database, logger }: RemovalScheduleOptions): Rounds {
  const round = async () => void (await removals.resume());
  return new Rounds({ everyMs, round, what: 'take up a removal again', database, logger });
}
