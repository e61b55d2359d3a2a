import { LRUCache } from 'lru-cache';
import type { Digest, RepositoryName, Tag } from '#oci';
import type { Queryable } from '../database/connection-pool.js';
import type { Database } from '../database/database.js';
import { DatabaseUnavailableError } from '../database/database-errors.js';
import { toBytes } from '../database/digest-bytes.js';
import { statement } from '../database/statement.js';
import type { ImmutableTag } from '../shapes.js';
import { ImmutableTags } from './immutable-tags.js';

/** Where tags are to point. */
export interface TagMove {
  readonly name: RepositoryName;
  readonly tags: readonly Tag[];
  readonly digest: Digest;
}

/** What a statement that moves tags answers beside its own. Rules other than those it was told: it did nothing. */
export interface GuardedRow {
  readonly repository: number | null;
  readonly rules: string | null;
}

/** The rules a statement is to compare with the repository's, and the tags that these keep where they are. */
export interface Guard {
  readonly rules: string | null;
  readonly fixed: readonly Tag[];
}

// A new statement, so a new snapshot: the move has locked these tags, or made them, and left those alone that point elsewhere.
export const tagsElsewhere = statement(
  'tags_elsewhere',
  `select t.name from unnest($2::text[]) as w(name)
cross join lateral (select name, digest from tags where repository = $1 and name = w.name limit 1) t where t.digest <> $3`,
);

const patience = 10;

/** Thrown within a transaction to undo it. */
class TagsAreFixed extends Error {
  constructor(readonly tags: readonly Tag[]) {
    super('immutable tags');
  }
}

/**
 * Moves tags as far as the repository's rules allow. Patterns are matched here, by the rules this process saw last; the statement itself
 * holds them against the repository's row, which it share-locks, so that no push is ever judged by rules that were replaced before it
 * began. Without rules a move costs nothing extra: the first guess is that there are none.
 */
export class GuardedTags {
  private readonly known = new LRUCache<RepositoryName, ImmutableTags>({ max: 10_000 });

  constructor(private readonly db: Database) {}

  /** Runs `move` (again, where the rules turn out to be others); where a tag is held by a rule, all of it is undone and those tags answered. */
  async write<Row extends GuardedRow>(
    { name, tags, digest }: TagMove,
    move: (queryable: Queryable, guard: Guard) => Promise<Row | undefined>,
  ): Promise<Row | readonly ImmutableTag[] | undefined> {
    return this.byRules(name, async (immutable) => {
      const held = immutable.among(tags);
      if (held.length === 0) return move(this.db.main, { rules: immutable.rules, fixed: [] });
      const guard = { rules: immutable.rules, fixed: held.map(({ tag }) => tag) };
      try {
        return await this.db.main.transaction((transaction) => this.moveOrUndo(transaction, guard, { digest, move }));
      } catch (error) {
        if (!(error instanceof TagsAreFixed)) throw error;
        return held.filter(({ tag }) => error.tags.includes(tag));
      }
    });
  }

  /** Repeats an attempt until it was made under the rules of the moment: what it answers says which those are. */
  async byRules<Answer extends GuardedRow | readonly ImmutableTag[]>(
    name: RepositoryName,
    attempt: (immutable: ImmutableTags) => Promise<Answer | undefined>,
  ): Promise<Answer | undefined> {
    for (let turn = 0; turn < patience; turn += 1) {
      const immutable = this.known.get(name) ?? ImmutableTags.none;
      const answer = await attempt(immutable);
      if (answer === undefined || !('rules' in answer) || answer.rules === immutable.rules) return answer;
      if (answer.rules === null) this.known.delete(name);
      else this.known.set(name, ImmutableTags.parse(answer.rules));
    }
    throw new DatabaseUnavailableError({ cause: new Error(`the rules of ${name} change all the time`) });
  }

  private async moveOrUndo<Row extends GuardedRow>(
    transaction: Queryable,
    guard: Guard,
    { digest, move }: { digest: Digest; move: (queryable: Queryable, guard: Guard) => Promise<Row | undefined> },
  ): Promise<Row | undefined> {
    const row = await move(transaction, guard);
    if (!row?.repository || row.rules !== guard.rules) return row;
    const elsewhere = await transaction.query<{ name: Tag }>(tagsElsewhere, [row.repository, guard.fixed, toBytes(digest)]);
    if (elsewhere.length > 0) throw new TagsAreFixed(elsewhere.map((tag) => tag.name));
    return row;
  }
}
