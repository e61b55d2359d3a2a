import type { RepositoryName } from '#oci';
import type { Database } from '../database/database.js';
import * as sql from './stats-statements.js';

/** What the registry holds; sizes in bytes. */
export interface RegistryStats {
  readonly repositories: number;
  readonly tags: number;
  readonly manifests: number;
  readonly blobs: number;
  /** Of all blobs; each counts once, however many repositories have it. */
  readonly bytes: number;
  /** A blob in a repository; more links than blobs: blobs are shared. */
  readonly links: number;
  readonly damaged: number;
  /** Unfinished uploads. */
  readonly uploads: number;
}

/** What one repository holds; its blobs may be others' as well. */
export interface RepositoryStats {
  readonly createdAt: Date;
  readonly tags: number;
  readonly manifests: number;
  readonly blobs: number;
  readonly bytes: number;
  readonly uploads: number;
  readonly lastPushedAt: Date | null;
  readonly lastPulledAt: Date | null;
}

interface RepositoryRow {
  readonly created_at: Date;
  readonly tags: number;
  readonly manifests: number;
  readonly blobs: number;
  readonly bytes: number;
  readonly uploads: number;
  readonly pushed_at: Date | null;
  readonly pulled_at: Date | null;
}

/** Counts what there is, row by row: takes seconds where there are millions. */
export class StatsStore {
  constructor(private readonly db: Database) {}

  async registry(): Promise<RegistryStats> {
    const [row] = await this.db.main.query<RegistryStats>(sql.registryStats, []);
    return row!;
  }

  /** Null where the repository is unknown. */
  async repository(name: RepositoryName): Promise<RepositoryStats | null> {
    const [row] = await this.db.main.query<RepositoryRow>(sql.repositoryStats, [name]);
    if (!row) return null;
    const { created_at: createdAt, pushed_at: lastPushedAt, pulled_at: lastPulledAt, ...counts } = row;
    return { createdAt, ...counts, lastPushedAt, lastPulledAt };
  }
}
