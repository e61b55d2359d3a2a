import type { MaintenanceFields, MaintenanceQueue } from '#metadata';
import type { RunInHand } from './run-in-hand.js';

/** What is done about runs of upkeep, by the queues this worker serves. */
export interface MaintenanceWork {
  readonly queues: readonly MaintenanceQueue[];
  /** Goes on from the run's progress, and answers the report. Breaks off, by throwing, when the run's signal aborts. */
  run(hand: RunInHand): Promise<MaintenanceFields>;
}
