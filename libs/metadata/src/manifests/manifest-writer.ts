import type { Queryable } from '../database/connection-pool.js';
import type { Database } from '../database/database.js';
import { WriteBatches } from '../database/write-batches.js';
import type { GuardedRow } from '../policy/guarded-tags.js';
import { putManifests } from './put-statement.js';
import { putValues, type ManifestPut } from './put-values.js';

/** What the statement says of one manifest. */
export interface PutRow extends GuardedRow {
  readonly created: boolean;
  readonly missing: Buffer[];
}

/** What one batch holds at most, each. */
const most = { manifests: 16, references: 500, bytes: 1_048_576, tags: 100 };

/** Writes manifests, with their references and tags. */
export class ManifestWriter {
  private readonly batches: WriteBatches<ManifestPut, PutRow>;

  constructor(db: Database) {
    this.batches = new WriteBatches({ keysOf, shareOf, send: (puts) => write(db.main, puts), most: db.unanswered.main });
  }

  /** Those that are written at the same time share a statement. */
  write(put: ManifestPut): Promise<PutRow> {
    return this.batches.write(put);
  }

  /** Within a transaction; `fixed`: tags that stay where they are. */
  async writeAlone(queryable: Queryable, put: ManifestPut, fixed: readonly string[]): Promise<PutRow> {
    const [row] = await write(queryable, [put], fixed);
    return row!;
  }
}

async function write(queryable: Queryable, puts: readonly ManifestPut[], fixed: readonly string[] = []): Promise<PutRow[]> {
  const rows = await queryable.query<PutRow & { n: number }>(putManifests, putValues(puts, fixed));
  return rows.toSorted((a, b) => a.n - b.n);
}

function keysOf({ name, manifest: { digest, tags } }: ManifestPut): string[] {
  return [`${name}@${digest}`, ...tags.map((tag) => `${name}:${tag}`)];
}

function shareOf({ manifest: { references, payload, tags } }: ManifestPut): number {
  return Math.max(1 / most.manifests, references.length / most.references, payload.length / most.bytes, tags.length / most.tags);
}
