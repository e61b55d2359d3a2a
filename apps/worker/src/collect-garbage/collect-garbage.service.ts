import { Inject, Injectable } from '@nestjs/common';
import type { Outage } from '#jobs';
import { CollectionStore, type CollectionSum } from '#metadata';
import type { Logger } from '#platform';
import { restAfter } from '../maintenance/pace.js';
import { Rounds } from '../maintenance/rounds.js';
import { Lanes } from '../outbox/lanes.js';
import { databaseOutage, workerLogger } from '../tokens.js';

/** Larger batches are no faster, hold their locks for longer, and are felt by whoever is served meanwhile. */
const batch = 250;
/** Times as long as a batch took. */
const rests = 4;
const everyMs = 1_000;
const logEveryMs = 60_000;

/** Collects what nobody uses, all the time: each second it works off the reviews that are due. Any number of workers may do so at once. */
@Injectable()
export class CollectGarbageService {
  readonly #lanes = new Lanes(() => this.#step());
  readonly #rounds: Rounds;
  #totals: CollectionSum = { links: 0, blobs: 0, bytes: 0 };
  #logged = { totals: this.#totals, at: -Infinity };

  constructor(
    private readonly collection: CollectionStore,
    @Inject(databaseOutage) database: Outage,
    @Inject(workerLogger) private readonly logger: Logger,
  ) {
    const round = async () => {
      if (await this.collection.due()) await this.look();
      this.#log();
    };
    this.#rounds = new Rounds({ everyMs, round, what: 'collect garbage', database, logger });
  }

  start(): void {
    this.#rounds.start();
  }

  /** Links, blobs and their bytes that this process has collected since it started. */
  get totals(): CollectionSum {
    return this.#totals;
  }

  /** Works off all that is due. */
  async look(): Promise<void> {
    await this.#lanes.look();
  }

  async close(): Promise<void> {
    await Promise.all([this.#rounds.close(), this.#lanes.close()]);
    this.#log(-Infinity);
  }

  async #step(): Promise<{ more: boolean }> {
    const begun = performance.now();
    const links = await this.collection.collectLinks(batch);
    this.#add({ links: links.collected, blobs: 0, bytes: 0 });
    const blobs = await this.collection.collectBlobs(batch);
    this.#add({ links: 0, blobs: blobs.collected, bytes: blobs.bytes });
    const more = links.reviewed >= batch || blobs.reviewed >= batch;
    if (more) await restAfter(begun, rests);
    return { more };
  }

  #add({ links, blobs, bytes }: CollectionSum): void {
    const before = this.#totals;
    this.#totals = { links: before.links + links, blobs: before.blobs + blobs, bytes: before.bytes + bytes };
  }

  /** One line for all that was collected since the last, not more than one a minute. */
  #log(pauseMs = logEveryMs): void {
    const collected = differenceOf(this.#totals, this.#logged.totals);
    if (collected.links + collected.blobs === 0 || performance.now() - this.#logged.at < pauseMs) return;
    this.#logged = { totals: this.#totals, at: performance.now() };
    this.logger.info(collected, 'collected');
  }
}

export function differenceOf(later: CollectionSum, earlier: CollectionSum): CollectionSum {
  return { links: later.links - earlier.links, blobs: later.blobs - earlier.blobs, bytes: later.bytes - earlier.bytes };
}
