import type { Provider } from '@nestjs/common';
import { CollectionStore, MaintenanceStore, RemovalStore, RetentionStore, type MaintenanceKind } from '#metadata';
import type { Logger, Settings } from '#platform';
import { RetentionRun } from '../apply-retention/retention-run.js';
import { retentionSchedule } from '../apply-retention/retention-schedule.js';
import { RemovalRun } from '../clear-removed/removal-run.js';
import { removalSchedule } from '../clear-removed/removal-schedule.js';
import { CollectGarbageService } from '../collect-garbage/collect-garbage.service.js';
import { GarbageRun } from '../collect-garbage/garbage-run.js';
import type { WorkerResources } from '../resources.js';
import { scrubSchedule } from '../scrub-blobs/scrub-schedule.js';
import { MaintenanceRunner } from './maintenance-runner.js';
import type { MaintenanceWork } from './maintenance-work.js';
import { scrubOf, sweepOf } from './paced-works.js';
import { purgeSchedule } from './purge-schedule.js';
import { upkeepProcessors } from './upkeep-processors.js';

/** Everything that is done by itself and not because of a row in the outbox: collection, sweep, scrub, retention, clearing away. */
export class Upkeep {
  constructor(private readonly parts: readonly { start(): void; close(): Promise<void> }[]) {}

  start(): void {
    for (const part of this.parts) part.start();
  }

  /** Begins nothing more; breaks off what takes long, for another worker to go on with. */
  async close(): Promise<void> {
    await Promise.all(this.parts.map((part) => part.close()));
  }
}

/** What Nest has to know for it. */
export function upkeepProviders(settings: Settings, logger: Logger, resources: WorkerResources): Provider[] {
  const { db, database } = resources;
  const runs = new MaintenanceStore(db);
  const grace = { blobGraceSeconds: settings.blobs.graceSeconds, blobLingerSeconds: settings.blobs.lingerSeconds };
  const store = new RetentionStore(db);
  const removals = new RemovalStore(db);
  const { tagHistoryDays } = settings.retention;
  const schedules = [
    removalSchedule({ removals, database, logger }),
    purgeSchedule({ runs, database, logger }),
    ...(settings.scrub.bytesPerSecond > 0
      ? [scrubSchedule({ runs, intervalSeconds: settings.scrub.intervalSeconds, database, logger })]
      : []),
    ...(settings.retention.intervalSeconds > 0
      ? [retentionSchedule({ runs, store, intervalSeconds: settings.retention.intervalSeconds, database, logger })]
      : []),
  ];
  return [
    { provide: CollectionStore, useValue: new CollectionStore(db, grace) },
    CollectGarbageService,
    GarbageRun,
    {
      provide: MaintenanceRunner,
      inject: [GarbageRun],
      useFactory: (garbage: GarbageRun) => {
        // One for each kind there is, or this does not compile.
        const works: Record<MaintenanceKind, MaintenanceWork> = {
          gc: garbage,
          sweep: sweepOf({ settings, logger, resources }),
          scrub: scrubOf({ settings, logger, resources }),
          retention: new RetentionRun({ store, tagHistoryDays, logger }),
          removal: new RemovalRun(removals),
        };
        return new MaintenanceRunner({ works, runs, database, logger });
      },
    },
    {
      provide: Upkeep,
      inject: [CollectGarbageService, MaintenanceRunner],
      useFactory: (garbage: CollectGarbageService, runner: MaintenanceRunner) => new Upkeep([garbage, runner, ...schedules]),
    },
    ...upkeepProcessors,
  ];
}
