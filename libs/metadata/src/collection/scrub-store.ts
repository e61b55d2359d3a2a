import type { Digest } from '#oci';
import type { Database } from '../database/database.js';
import { fromBytes, toBytes } from '../database/digest-bytes.js';
import { nextBlobs } from './damage-statements.js';
import type { BlobObject } from './damage-store.js';

/** A blob as its row describes it; `size` in bytes. */
export interface BlobToVerify extends BlobObject {
  readonly size: number;
  readonly damaged: boolean;
}

/** The walk of a scrub: every blob, in order of digest, so that a digest is all there is to remember. */
export class ScrubStore {
  constructor(private readonly db: Database) {}

  /** The blobs after a digest (null: from the first); fewer than `limit`: that was the end. */
  async next(after: Digest | null, limit: number): Promise<BlobToVerify[]> {
    const rows = await this.db.main.query<{ digest: Buffer; size: number; storage_key: string; damaged: boolean }>(nextBlobs, [
      after ? toBytes(after) : Buffer.alloc(0),
      limit,
    ]);
    return rows.map(({ digest, size, storage_key: storageKey, damaged }) => ({ digest: fromBytes(digest), size, storageKey, damaged }));
  }
}
