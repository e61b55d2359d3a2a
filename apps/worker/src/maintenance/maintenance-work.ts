import type { MaintenanceFields } from '#metadata';
import type { RunInHand } from './run-in-hand.js';

/** What is done about a kind of run. */
export interface MaintenanceWork {
  /** This worker takes runs that workers asked for themselves, too. */
  readonly scheduled: boolean;
  /** Can say what it would do without doing it; elsewhere a dry run is refused. */
  readonly dryRuns: boolean;
  /** Goes on from the run's progress, and answers the report. Breaks off, by throwing, when the run's signal aborts. */
  run(hand: RunInHand): Promise<MaintenanceFields>;
}
