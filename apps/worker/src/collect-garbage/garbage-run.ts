import { Injectable } from '@nestjs/common';
import { CollectionStore, type CollectionSum, type MaintenanceFields } from '#metadata';
import type { MaintenanceWork } from '../maintenance/maintenance-work.js';
import type { RunInHand } from '../maintenance/run-in-hand.js';
import { CollectGarbageService, differenceOf } from './collect-garbage.service.js';

/** A collection that was asked for: nothing else is collected than without it, only now and with a report. */
@Injectable()
export class GarbageRun implements MaintenanceWork {
  readonly scheduled = false;
  readonly dryRuns = false;

  constructor(
    private readonly garbage: CollectGarbageService,
    private readonly collection: CollectionStore,
  ) {}

  async run(hand: RunInHand): Promise<MaintenanceFields> {
    return { ...(await this.#collect(hand)), pending: await this.collection.pending() };
  }

  /** Counts what this process collects meanwhile, by whichever of its rounds; what other workers take is theirs to tell. */
  async #collect(hand: RunInHand): Promise<CollectionSum> {
    const before = this.garbage.totals;
    const sum = () => differenceOf(this.garbage.totals, before);
    const telling = setInterval(() => hand.note({ ...sum() }), 1_000);
    try {
      await this.garbage.look();
      hand.signal.throwIfAborted();
      return sum();
    } finally {
      clearInterval(telling);
    }
  }
}
