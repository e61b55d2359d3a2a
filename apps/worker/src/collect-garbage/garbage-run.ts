import { Injectable } from '@nestjs/common';
import { CollectionStore, type CollectionSum, type MaintenanceFields } from '#metadata';
import type { MaintenanceWork } from '../maintenance/maintenance-work.js';
import type { RunInHand } from '../maintenance/run-in-hand.js';
import { CollectGarbageService, differenceOf } from './collect-garbage.service.js';

/** A collection that was asked for: nothing else is collected than without it, only now and with a report; a dry run says what that would be. */
@Injectable()
export class GarbageRun implements MaintenanceWork {
  readonly queues = [{ kind: 'gc', scheduled: false }] as const;

  constructor(
    private readonly garbage: CollectGarbageService,
    private readonly collection: CollectionStore,
  ) {}

  async run(hand: RunInHand): Promise<MaintenanceFields> {
    const sum = hand.run.dryRun ? await this.#estimate(hand) : await this.#collect(hand);
    return { ...sum, pending: await this.collection.pending() };
  }

  async #estimate(hand: RunInHand): Promise<CollectionSum> {
    let sum: CollectionSum = { links: 0, blobs: 0, bytes: 0 };
    for await (const page of this.collection.estimate()) {
      hand.signal.throwIfAborted();
      sum = { links: sum.links + page.links, blobs: sum.blobs + page.blobs, bytes: sum.bytes + page.bytes };
      hand.note({ ...sum });
    }
    return sum;
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
