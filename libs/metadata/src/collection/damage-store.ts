import type { Digest, RepositoryName } from '#oci';
import type { Database } from '../database/database.js';
import { fromBytes, toBytes } from '../database/digest-bytes.js';
import * as sql from './damage-statements.js';

/** A blob's bytes at the moment they were looked at: the key tells them from bytes that were pushed since. */
export interface BlobObject {
  readonly digest: Digest;
  readonly storageKey: string;
}

/** A damaged blob, and (some of) the repositories that miss it. */
export interface DamagedBlob extends BlobObject {
  /** Bytes. */
  readonly size: number;
  readonly damagedAt: Date;
  readonly repositories: readonly RepositoryName[];
}

interface DamagedRow {
  readonly digest: Buffer;
  readonly size: number;
  readonly storage_key: string;
  readonly damaged_at: Date;
  readonly repositories: RepositoryName[];
}

/** Blobs whose bytes are not what they should be: nobody is given them, and the next push of the digest heals them. */
export class DamageStore {
  constructor(private readonly db: Database) {}

  /** False where it was known, or the object is not the blob's any more. */
  async mark({ digest, storageKey }: BlobObject): Promise<boolean> {
    return (await this.db.main.query(sql.markDamaged, [toBytes(digest), storageKey])).length > 0;
  }

  /** The bytes are right after all (the disk is back, a backup was restored); false where nobody thought otherwise. */
  async clear({ digest, storageKey }: BlobObject): Promise<boolean> {
    return (await this.db.main.query(sql.markSound, [toBytes(digest), storageKey])).length > 0;
  }

  /** In order of digest after `after`. */
  async list({ after, limit }: { after?: Digest; limit: number }): Promise<DamagedBlob[]> {
    const rows = await this.db.main.query<DamagedRow>(sql.damagedBlobs, [after ? toBytes(after) : Buffer.alloc(0), limit]);
    return rows.map(({ digest, size, storage_key: storageKey, damaged_at: damagedAt, repositories }) => {
      return { digest: fromBytes(digest), size, storageKey, damagedAt, repositories };
    });
  }

  async count(): Promise<number> {
    const [row] = await this.db.main.query<{ count: number }>(sql.countDamaged, []);
    return row?.count ?? 0;
  }
}
