import type { RepositoryName, Tag } from '#oci';
import type { Database } from '../database/database.js';
import { pageOf, type NamePage } from '../shapes.js';
import { deleteTag, tagPage } from './tag-statements.js';

/** Tags by name; a manifest's push moves them. */
export class TagStore {
  constructor(private readonly db: Database) {}

  /** Tags in byte order after `last`, all of them without a limit; null where the repository is unknown. */
  async page(name: RepositoryName, { last = '', limit }: { last?: string; limit?: number }): Promise<NamePage | null> {
    const [row] = await this.db.main.query<{ names: string[] }>(tagPage, [name, last, limit === undefined ? null : limit + 1]);
    return row ? pageOf(row.names, limit) : null;
  }

  /** Removes the tag alone and notes it in its history; false where there is none. */
  async delete(name: RepositoryName, tag: Tag): Promise<boolean> {
    return (await this.db.main.query(deleteTag, [name, tag])).length > 0;
  }
}
