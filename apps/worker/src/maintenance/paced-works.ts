import { DamageStore, OrphanStore, ScrubStore } from '#metadata';
import type { Logger, Settings } from '#platform';
import type { WorkerResources } from '../resources.js';
import { ScrubRun } from '../scrub-blobs/scrub-run.js';
import { SweepRun } from '../sweep-orphans/sweep-run.js';
import type { Clock } from './pace.js';

/** What a run at a pace takes. */
export interface PacedWork {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly resources: Pick<WorkerResources, 'db' | 'driver' | 'scrubVerifier'>;
  /** Absent: the real one. */
  readonly clock?: Clock;
}

/** The sweep, as fast as the settings say. */
export function sweepOf({ settings: { sweep }, logger, resources: { db, driver }, clock }: PacedWork): SweepRun {
  return new SweepRun({ driver, orphans: new OrphanStore(db), damage: new DamageStore(db), settings: sweep, logger, clock });
}

/** The scrub, likewise. */
export function scrubOf({ settings, logger, resources: { db, driver, scrubVerifier: verifier }, clock }: PacedWork): ScrubRun {
  const stores = { scrub: new ScrubStore(db), damage: new DamageStore(db), orphans: new OrphanStore(db) };
  return new ScrubRun({ driver, verifier, ...stores, bytesPerSecond: settings.scrub.bytesPerSecond, logger, clock });
}
