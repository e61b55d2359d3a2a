import { applyRetention, PatternError, planRetention, PolicyError, type MaintenanceFields, type RetentionStore } from '#metadata';
import { parseRepositoryName, type RepositoryName } from '#oci';
import type { Logger } from '#platform';
import type { MaintenanceWork } from '../maintenance/maintenance-work.js';
import type { RunInHand } from '../maintenance/run-in-hand.js';
import { progressOf, withApplied, withFailure, type RetentionProgress } from './retention-progress.js';

const page = 100;

export interface RetentionRunOptions {
  readonly store: RetentionStore;
  /** How long a manifest stays after a tag left it. */
  readonly tagHistoryDays: number;
  readonly logger: Logger;
}

/** Applies the rules of every repository that has some, or of the one that was asked for, in order of name; goes on where another worker left off. */
export class RetentionRun implements MaintenanceWork {
  readonly scheduled = true;
  readonly dryRuns = false;

  constructor(private readonly options: RetentionRunOptions) {}

  async run(hand: RunInHand): Promise<MaintenanceFields> {
    const tagHistoryDays = this.#historyDays(hand);
    let progress = progressOf({ ...hand.run.progress, tagHistoryDays });
    for await (const name of this.#names(hand, progress.after)) {
      progress = await this.#applyTo(name, hand, progress);
      await hand.save({ ...progress });
    }
    const { after: _after, ...report } = progress;
    return report;
  }

  async *#names({ run }: RunInHand, after: string): AsyncGenerator<RepositoryName> {
    if (typeof run.options.repository === 'string') {
      if (after === '') yield parseRepositoryName(run.options.repository);
      return;
    }
    for (let last = after; ;) {
      const names = await this.options.store.repositories({ last, limit: page });
      yield* names;
      if (names.length < page) return;
      last = names.at(-1)!;
    }
  }

  /** A request may ask for more patience, never for less: who made a dry run before knows that no more will go than it said. */
  #historyDays({ run }: RunInHand): number {
    return Math.max(this.options.tagHistoryDays, Number(run.options.tagHistoryDays ?? 0) || 0);
  }

  async #applyTo(name: RepositoryName, hand: RunInHand, progress: RetentionProgress): Promise<RetentionProgress> {
    const { store, logger } = this.options;
    try {
      const planned = await planRetention(store, name, progress.tagHistoryDays);
      if (!planned) return withFailure(progress, name, 'there is no such repository');
      const told = (done: number, of: number) => hand.note({ ...progress, current: { repository: name, done, of } });
      const applied = await applyRetention(store, planned, { signal: hand.signal, told });
      const [tags, manifests] = [applied.tags.length, applied.manifests.length];
      if (tags + manifests > 0) logger.info({ repository: name, tags, manifests, left: applied.left }, 'retention applied');
      return withApplied(progress, name, applied);
    } catch (error) {
      // Rules of a later version, or written by hand: no reason to leave all other repositories.
      if (!(error instanceof PolicyError || error instanceof PatternError)) throw error;
      logger.error({ repository: name, err: error }, 'retention rules cannot be applied');
      return withFailure(progress, name, error.message);
    }
  }
}
