import type { RepositoryName } from '#oci';
import type { Database } from '../database/database.js';
import { requestRun } from '../maintenance/maintenance-statements.js';
import * as sql from './removal-statements.js';

/** What a removed repository had, by kind. */
export type RemovedKind = keyof typeof sql.clearing;

/** One batch that was cleared away. */
export interface ClearedBatch {
  readonly kind: RemovedKind;
  readonly removed: number;
}

const kinds = Object.keys(sql.clearing) as RemovedKind[];

/** Removes repositories: gone in one instant for everybody, then cleared away in batches, by a run of `removal`. */
export class RemovalStore {
  constructor(private readonly db: Database) {}

  /** Takes the repository away, and asks for the run that clears up after it; answers the run's id, or null where the repository is unknown. */
  remove(name: RepositoryName): Promise<number | null> {
    return this.db.main.transaction(async (transaction) => {
      const hidden = await transaction.query(sql.hideRepository, [name]);
      if (hidden.length === 0) return null;
      const [run] = await transaction.query<{ id: number }>(requestRun, ['removal', false, JSON.stringify({ repository: name })]);
      return run!.id;
    });
  }

  /** A removed repository that is not cleared away yet; null where there is none. */
  async next(): Promise<number | null> {
    const [row] = await this.db.main.query<{ id: number }>(sql.nextRemoved, []);
    return row?.id ?? null;
  }

  /** Asks for the workers' own run where what was removed is left and no run is about it, since one was cancelled or failed; true where it was. */
  async resume(): Promise<boolean> {
    return (await this.db.main.query(sql.resumeRemoval, [])).length > 0;
  }

  /** Clears away up to `limit` rows; null once nothing was left and the repository's own row is gone. May be repeated at any point. */
  async clear(repository: number, limit: number): Promise<ClearedBatch | null> {
    for (;;) {
      for (const kind of kinds) {
        const [row] = await this.db.main.query<{ removed: number; found: number }>(sql.clearing[kind], [repository, limit]);
        if (row?.found) return { kind, removed: row.removed };
      }
      if (await this.drop(repository)) return null;
    }
  }

  private drop(repository: number): Promise<boolean> {
    return this.db.main.transaction(async (transaction) => {
      const locked = await transaction.query(sql.lockRemoved, [repository]);
      return locked.length === 0 || (await transaction.query(sql.dropRepository, [repository])).length > 0;
    });
  }
}
