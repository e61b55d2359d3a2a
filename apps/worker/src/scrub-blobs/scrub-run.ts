import type { DigestVerifier, StorageDriver } from '#cas';
import type { BlobToVerify, DamageStore, MaintenanceFields, OrphanStore, ScrubStore } from '#metadata';
import type { Logger } from '#platform';
import type { MaintenanceWork } from '../maintenance/maintenance-work.js';
import { Pace, realClock, type Clock } from '../maintenance/pace.js';
import type { RunInHand } from '../maintenance/run-in-hand.js';
import { assertHoldsObjects } from '../sweep-orphans/assert-holds-objects.js';
import { inspectBlob, type Inspection } from './inspect-blob.js';
import { progressOf, type ScrubProgress } from './scrub-progress.js';

const page = 100;
const examples = 100;
const mebibyte = 1_048_576;
/** Opening an object has a price too: a smaller one counts as this many bytes. */
const leastBytes = 256 * 1_024;
/** For runs that were asked for while the scrub is switched off. */
const defaultBytesPerSecond = 20 * mebibyte;

export interface ScrubRunOptions {
  readonly driver: StorageDriver;
  readonly verifier: DigestVerifier;
  readonly scrub: ScrubStore;
  readonly damage: DamageStore;
  readonly orphans: OrphanStore;
  /** 0: only what is asked for. */
  readonly bytesPerSecond: number;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/** One pass over all blobs: reads and hashes them at a pace, marks what is damaged, and takes the mark from what is not any more. */
export class ScrubRun implements MaintenanceWork {
  readonly scheduled: boolean;
  readonly dryRuns = true;

  constructor(private readonly options: ScrubRunOptions) {
    this.scheduled = options.bytesPerSecond > 0;
  }

  async run(hand: RunInHand): Promise<MaintenanceFields> {
    const bytesPerSecond = this.#speedOf(hand);
    const { clock = realClock } = this.options;
    const pace = new Pace(bytesPerSecond, clock);
    let progress = progressOf(hand.run.progress);
    let blobs: BlobToVerify[];
    do {
      blobs = await this.options.scrub.next(progress.after, page);
      for (const blob of blobs) {
        const begun = clock.now();
        const inspection = await inspectBlob(this.options.verifier, blob, { bytesPerSecond, signal: hand.signal });
        progress = await this.#conclude(hand, progress, { blob, inspection });
        hand.note({ ...progress });
        // Reading was held to the pace already: what is left to pay is the price of small ones.
        const paid = ((clock.now() - begun) / 1_000) * bytesPerSecond;
        await pace.spend(Math.max(0, Math.max(blob.size, leastBytes) - paid), hand.signal);
      }
    } while (blobs.length === page);
    const { after: _after, ...report } = progress;
    return report;
  }

  async #conclude(
    hand: RunInHand,
    before: ScrubProgress,
    { blob, inspection }: { blob: BlobToVerify; inspection: Inspection },
  ): Promise<ScrubProgress> {
    const progress = { ...before, after: blob.digest, blobs: before.blobs + 1, bytes: before.bytes + blob.size };
    switch (inspection) {
      case 'sound':
        return blob.damaged && (await this.#recover(hand, blob)) ? { ...progress, recovered: progress.recovered + 1 } : progress;
      case 'unreadable':
        this.options.logger.warn({ digest: blob.digest, key: blob.storageKey }, 'storage cannot read a blob');
        return { ...progress, unreadable: progress.unreadable + 1 };
      case 'missing':
        await assertHoldsObjects(this.options.driver);
        break;
      case 'damaged':
    }
    // Collected or healed since the row was read: these bytes are nobody's.
    if (!(await this.options.orphans.isCurrent(blob))) return progress;
    await this.#mark(hand, blob, inspection);
    return { ...progress, damaged: progress.damaged + 1, damagedDigests: [...progress.damagedDigests, blob.digest].slice(0, examples) };
  }

  async #mark(hand: RunInHand, blob: BlobToVerify, inspection: Inspection): Promise<void> {
    if (hand.run.dryRun || !(await this.options.damage.mark(blob))) return;
    const { digest, size, storageKey: key } = blob;
    this.options.logger.error(
      { digest, size, key, inspection },
      'stored bytes are damaged; nobody is given them, their next push heals them',
    );
  }

  async #recover(hand: RunInHand, blob: BlobToVerify): Promise<boolean> {
    if (hand.run.dryRun || !(await this.options.damage.clear(blob))) return false;
    this.options.logger.info({ digest: blob.digest, key: blob.storageKey }, 'a damaged blob is sound again');
    return true;
  }

  #speedOf({ run }: RunInHand): number {
    const asked = Number(run.options.mibPerSecond ?? 0) * mebibyte;
    return asked > 0 ? asked : this.options.bytesPerSecond || defaultBytesPerSecond;
  }
}
