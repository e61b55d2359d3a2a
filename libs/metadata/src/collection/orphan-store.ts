import type { Database } from '../database/database.js';
import { fromBytes, toBytes } from '../database/digest-bytes.js';
import type { BlobObject } from './damage-store.js';
import * as sql from './orphan-statements.js';
import type { BlobToVerify } from './scrub-store.js';

/** Something in storage that no row points at; `upload`: the id of an unfinished multipart upload, '' for an object. */
export interface Orphan {
  readonly key: string;
  readonly upload: string;
  /** Bytes; 0 where storage does not say. */
  readonly size: number;
}

/** An unfinished multipart upload, as storage lists it. */
export interface PartialUploadId {
  readonly key: string;
  readonly id: string;
}

/** Compares what storage holds with what rows say, in both directions. */
export class OrphanStore {
  constructor(private readonly db: Database) {}

  /** Those of the keys (up to 1,000) that no blob, upload or pending deletion names. Only for objects older than any upload may be. */
  async find(keys: readonly string[]): Promise<Set<string>> {
    return this.keysOf(sql.findOrphans, keys);
  }

  /** Looks once more, and leaves the deletion of those that are still orphans to the outbox; answers them. */
  async delete(keys: readonly string[]): Promise<Set<string>> {
    return this.keysOf(sql.deleteOrphans, keys);
  }

  /** Those of the multipart uploads that no upload session and no pending clean-up names. */
  async findUploads<U extends PartialUploadId>(uploads: readonly U[]): Promise<U[]> {
    const values = [uploads.map(({ key }) => key), uploads.map(({ id }) => id)];
    const rows = await this.db.main.query<PartialUploadId>(sql.findOrphanUploads, values);
    const found = new Set(rows.map(({ id }) => id));
    return uploads.filter(({ id }) => found.has(id));
  }

  /** Remembers what a run's listing found; the same again is no error. */
  async note(run: number, orphans: readonly Orphan[]): Promise<void> {
    const values = [run, orphans.map(({ key }) => key), orphans.map(({ upload }) => upload), orphans.map(({ size }) => size)];
    await this.db.main.query(sql.noteOrphans, values);
  }

  /** What a run's listing found, in order of key, then upload. */
  noted(run: number, after: Pick<Orphan, 'key' | 'upload'> | null, limit: number): Promise<Orphan[]> {
    return this.db.main.query<Orphan>(sql.notedOrphans, [run, after?.key ?? '', after?.upload ?? '', limit]);
  }

  /** Blobs whose keys lie between two (both excluded), in order of key. */
  async blobsBetween(from: string, to: string, limit: number): Promise<BlobToVerify[]> {
    const rows = await this.db.main.query<{ digest: Buffer; size: number; storage_key: string; damaged: boolean }>(sql.blobsByKey, [
      from,
      to,
      limit,
    ]);
    return rows.map(({ digest, size, storage_key: storageKey, damaged }) => ({ digest: fromBytes(digest), size, storageKey, damaged }));
  }

  /** True while the object is the blob's. */
  async isCurrent({ digest, storageKey }: BlobObject): Promise<boolean> {
    return (await this.db.main.query(sql.blobHasKey, [toBytes(digest), storageKey])).length > 0;
  }

  private async keysOf(statement: typeof sql.findOrphans, keys: readonly string[]): Promise<Set<string>> {
    const rows = await this.db.main.query<{ key: string }>(statement, [keys]);
    return new Set(rows.map(({ key }) => key));
  }
}
