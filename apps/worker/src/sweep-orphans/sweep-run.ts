import { objectPrefixes, StorageDriver, type PartialUpload } from '#cas';
import { DamageStore, OrphanStore, type MaintenanceFields, type Orphan } from '#metadata';
import type { Logger } from '#platform';
import type { MaintenanceWork } from '../maintenance/maintenance-work.js';
import { Pace, type Clock } from '../maintenance/pace.js';
import type { RunInHand } from '../maintenance/run-in-hand.js';
import { assertHoldsObjects } from './assert-holds-objects.js';
import { ShareComparison, type ShareFindings } from './compare-share.js';
import { deleteOrphans } from './delete-orphans.js';
import { progressOf, type SweepProgress } from './sweep-progress.js';

const page = 1_000;
const examples = 100;

/** `minAgeSeconds`: what is younger is left alone; no less than an upload may take. */
export interface SweepSettings {
  readonly minAgeSeconds: number;
  readonly objectsPerSecond: number;
}

export interface SweepRunOptions {
  readonly driver: StorageDriver;
  readonly orphans: OrphanStore;
  readonly damage: DamageStore;
  readonly settings: SweepSettings;
  readonly clock?: Clock;
  readonly logger: Logger;
}

/**
 * Compares storage with the database: first all is listed and reported, then, unless that was all that was asked for, what no row knows is
 * looked up once more and deleted. Goes on where another worker left off.
 */
export class SweepRun implements MaintenanceWork {
  readonly scheduled = false;
  readonly dryRuns = true;
  readonly #comparison: ShareComparison;

  constructor(private readonly options: SweepRunOptions) {
    this.#comparison = new ShareComparison(options.driver, options.orphans);
  }

  async run(hand: RunInHand): Promise<MaintenanceFields> {
    const pace = new Pace(this.options.settings.objectsPerSecond, this.options.clock);
    let progress = progressOf(hand.run.progress);
    // Told with the heartbeat: a share that is listed again finds the same again.
    while (progress.phase === 'listing') hand.note({ ...(progress = await this.#listShare(hand, progress, pace)) });
    if (progress.phase === 'uploads') await hand.save({ ...(progress = await this.#listUploads(hand, progress)) });
    if (!hand.run.dryRun) progress = await this.#delete(hand, progress, pace);
    const { phase: _phase, shares: _shares, after: _after, ...report } = progress;
    return { ...report, examples: await this.options.orphans.noted(hand.run.id, null, examples) };
  }

  async #listShare(hand: RunInHand, progress: SweepProgress, pace: Pace): Promise<SweepProgress> {
    hand.signal.throwIfAborted();
    const prefix = objectPrefixes[progress.shares];
    if (prefix === undefined) return { ...progress, phase: 'uploads' };
    const found = await this.#comparison.compare({ prefix, youngest: this.#youngest(hand), pace, signal: hand.signal });
    if (found.orphans.length > 0) await this.options.orphans.note(hand.run.id, found.orphans);
    await this.#tellDamage(hand, found);
    return {
      ...progress,
      shares: progress.shares + 1,
      objects: progress.objects + found.objects,
      bytes: progress.bytes + found.bytes,
      orphans: progress.orphans + found.orphans.length,
      orphanBytes: progress.orphanBytes + found.orphans.reduce((sum, { size }) => sum + size, 0),
      damaged: progress.damaged + found.damaged.length,
      damagedDigests: [...progress.damagedDigests, ...found.damaged.map(({ digest }) => digest)].slice(0, examples),
    };
  }

  async #tellDamage(hand: RunInHand, { damaged }: ShareFindings): Promise<void> {
    if (damaged.length > 0) await assertHoldsObjects(this.options.driver);
    for (const { digest, storageKey } of damaged) {
      if (!hand.run.dryRun && (await this.options.damage.mark({ digest, storageKey })))
        this.options.logger.error({ digest, key: storageKey }, 'a blob’s object is missing or too short; its next push heals it');
    }
  }

  async #listUploads(hand: RunInHand, progress: SweepProgress): Promise<SweepProgress> {
    const youngest = this.#youngest(hand);
    const listed: PartialUpload[] = [];
    for await (const upload of this.options.driver.listUploads?.() ?? [])
      if (upload.startedAt && upload.startedAt <= youngest) listed.push(upload);
    let uploads = 0;
    for (let at = 0; at < listed.length; at += page) {
      hand.signal.throwIfAborted();
      const found = await this.options.orphans.findUploads(listed.slice(at, at + page));
      const orphans = found.map(({ key, id }): Orphan => ({ key, upload: id, size: 0 }));
      await this.options.orphans.note(hand.run.id, orphans);
      uploads += found.length;
    }
    const { orphans, orphanBytes, damaged } = progress;
    this.options.logger.info({ run: hand.run.id, orphans, orphanBytes, uploads, damaged, dryRun: hand.run.dryRun }, 'storage compared');
    return { ...progress, uploads, phase: 'deleting' };
  }

  async #delete(hand: RunInHand, listed: SweepProgress, pace: Pace): Promise<SweepProgress> {
    let progress = listed;
    for (;;) {
      const found = await this.options.orphans.noted(hand.run.id, progress.after, page);
      const last = found.at(-1);
      if (!last) return progress;
      await pace.spend(found.length, hand.signal);
      const { deleted, deletedBytes, aborted } = await deleteOrphans(found, this.options.orphans, this.options.driver);
      progress = {
        ...progress,
        after: { key: last.key, upload: last.upload },
        deleted: progress.deleted + deleted,
        deletedBytes: progress.deletedBytes + deletedBytes,
        aborted: progress.aborted + aborted,
      };
      await hand.save({ ...progress });
    }
  }

  /** A request may ask for more patience, never for less. */
  #youngest({ run }: RunInHand): Date {
    const asked = Number(run.options.minAgeSeconds ?? 0);
    return new Date(Date.now() - Math.max(this.options.settings.minAgeSeconds, asked) * 1_000);
  }
}
