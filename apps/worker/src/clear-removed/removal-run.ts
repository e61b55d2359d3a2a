import type { MaintenanceFields, RemovalStore, RemovedKind } from '#metadata';
import type { MaintenanceWork } from '../maintenance/maintenance-work.js';
import type { RunInHand } from '../maintenance/run-in-hand.js';

const batch = 1_000;

type Cleared = Readonly<Record<RemovedKind | 'repositories', number>>;

const beginning: Cleared = { repositories: 0, uploads: 0, references: 0, tags: 0, manifests: 0, links: 0, moves: 0 };

/** Clears away what removed repositories had: also those whose own run broke off. */
export class RemovalRun implements MaintenanceWork {
  readonly scheduled = true;
  readonly dryRuns = false;

  constructor(private readonly removals: RemovalStore) {}

  async run(hand: RunInHand): Promise<MaintenanceFields> {
    let cleared: Cleared = { ...beginning, ...hand.run.progress };
    for (let repository = await this.removals.next(); repository !== null; repository = await this.removals.next()) {
      for (let gone = await this.removals.clear(repository, batch); gone; gone = await this.removals.clear(repository, batch)) {
        cleared = { ...cleared, [gone.kind]: cleared[gone.kind] + gone.removed };
        hand.note({ ...cleared });
        hand.signal.throwIfAborted();
      }
      cleared = { ...cleared, repositories: cleared.repositories + 1 };
      hand.note({ ...cleared });
    }
    return { ...cleared };
  }
}
