import type { Digest, RepositoryName, Tag } from '#oci';
import type { Database } from '../database/database.js';
import { fromBytes, toBytes } from '../database/digest-bytes.js';
import { GuardedTags, type GuardedRow } from '../policy/guarded-tags.js';
import type { ImmutableOutcome } from '../shapes.js';
import { findRepository, historyOfAll, historyOfTag, restoreTag } from './history-statements.js';

/** One move of a tag, or its deletion (`digest` null); `stored`: the manifest is still there, so that the tag can go back to it. */
export interface TagHistoryEntry {
  readonly id: number;
  readonly tag: Tag;
  readonly digest: Digest | null;
  readonly at: Date;
  readonly stored: boolean;
}

/** A part of a history: of one tag or of all, at most `limit` entries, those older than the entry `before`. */
export interface HistoryPage {
  readonly tag?: Tag;
  readonly before?: number;
  readonly limit: number;
}

/** What came of taking a tag back; `unknown`: it never had that digest, or the manifest is gone. */
export type RestoreOutcome = { readonly outcome: 'restored' | 'unchanged' | 'unknown' } | ImmutableOutcome;

interface HistoryRow {
  readonly id: number;
  readonly name: Tag;
  readonly digest: Buffer | null;
  readonly at: Date;
  readonly stored: boolean;
}

interface RestoreRow extends GuardedRow {
  readonly known: boolean;
  readonly moved: boolean;
}

/** Where tags pointed, and the way back. */
export class TagHistoryStore {
  private readonly guarded: GuardedTags;

  constructor(private readonly db: Database) {
    this.guarded = new GuardedTags(db);
  }

  /** The newest first; null where the repository is unknown. */
  async page(name: RepositoryName, { tag, before, limit }: HistoryPage): Promise<TagHistoryEntry[] | null> {
    const [repository] = await this.db.main.query<{ id: number }>(findRepository, [name]);
    if (!repository) return null;
    const values = [repository.id, limit, before ?? null];
    const rows = await this.db.main.query<HistoryRow>(
      tag === undefined ? historyOfAll : historyOfTag,
      tag === undefined ? values : [...values, tag],
    );
    return rows.map((row) => ({ id: row.id, tag: row.name, digest: row.digest && fromBytes(row.digest), at: row.at, stored: row.stored }));
  }

  /** Points a tag to a digest it had before, as a push would: noted in its history, and refused where a rule keeps the tag as it is. */
  async restore(name: RepositoryName, tag: Tag, digest: Digest): Promise<RestoreOutcome> {
    const row = await this.guarded.write({ name, tags: [tag], digest }, async (queryable, { rules, fixed }) => {
      const [answer] = await queryable.query<RestoreRow>(restoreTag, [name, tag, toBytes(digest), rules, fixed]);
      return answer;
    });
    if (row && !('rules' in row)) return { outcome: 'immutable', tags: row };
    if (!row?.known) return { outcome: 'unknown' };
    return { outcome: row.moved ? 'restored' : 'unchanged' };
  }
}
