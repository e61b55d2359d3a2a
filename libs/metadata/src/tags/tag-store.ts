import type { RepositoryName, Tag } from '#oci';
import type { Database } from '../database/database.js';
import { SingleFlight } from '../database/single-flight.js';
import { GuardedTags, type GuardedRow } from '../policy/guarded-tags.js';
import { pageOf, type NamePage, type TagDeleteOutcome } from '../shapes.js';
import { deleteTag, tagPage } from './tag-statements.js';

interface DeleteRow extends GuardedRow {
  readonly there: boolean;
  readonly deleted: boolean;
}

/** Tags by name; a manifest's push moves them. */
export class TagStore {
  private readonly guarded: GuardedTags;
  private readonly pages = new SingleFlight<NamePage | null>();

  constructor(private readonly db: Database) {
    this.guarded = new GuardedTags(db);
  }

  /** Tags in byte order after `last`, all of them without a limit; null where the repository is unknown. */
  page(name: RepositoryName, { last = '', limit }: { last?: string; limit?: number }): Promise<NamePage | null> {
    return this.pages.answer(`${name} ${limit} ${last}`, async () => {
      const [row] = await this.db.main.query<{ names: string | null }>(tagPage, [name, last, limit === undefined ? null : limit + 1]);
      return row ? pageOf(row.names, limit) : null;
    });
  }

  /** Removes the tag alone and notes it in its history, unless the repository's rules keep it. */
  async delete(name: RepositoryName, tag: Tag): Promise<TagDeleteOutcome> {
    const outcome = await this.guarded.byRules(name, async (immutable) => {
      const tags = immutable.among([tag]);
      const [row] = await this.db.main.query<DeleteRow>(deleteTag, [name, tag, immutable.rules, tags.length > 0]);
      return row && { ...row, tags };
    });
    if (outcome?.deleted) return { outcome: 'deleted' };
    return outcome?.there && outcome.tags.length > 0 ? { outcome: 'immutable', tags: outcome.tags } : { outcome: 'unknown' };
  }
}
