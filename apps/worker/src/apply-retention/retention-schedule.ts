import type { Outage } from '#jobs';
import type { MaintenanceStore, RetentionStore } from '#metadata';
import type { Logger } from '#platform';
import { Rounds } from '../maintenance/rounds.js';

const everyMs = 60_000;

export interface RetentionScheduleOptions {
  readonly runs: MaintenanceStore;
  readonly store: RetentionStore;
  readonly intervalSeconds: number;
  readonly database: Outage;
  readonly logger: Logger;
}

/** Has rules applied once in the interval, if any repository has some; whichever worker asks first, there is one run. */
export function retentionSchedule({ runs, store, intervalSeconds, database, logger }: RetentionScheduleOptions): Rounds {
  const round = async () => {
    if ((await store.repositories({ limit: 1 })).length > 0) await runs.schedule('retention', intervalSeconds);
  };
  return new Rounds({ everyMs, round, what: 'schedule retention', database, logger });
}
