import { companionOf, type Digest, type RepositoryName, type Tag } from '#oci';
import type { Database } from '../database/database.js';
import { fromBytes, toBytes } from '../database/digest-bytes.js';
import type { Statement } from '../database/statement.js';
import { parsePolicy } from '../policy/repository-policy.js';
import * as sql from './retention-statements.js';
import type { ManifestDecision, RepositorySnapshot, SnapshotManifest, SnapshotTag, TagDecision } from './snapshot.js';

const page = 5_000;
const dayMs = 86_400_000;
/** A move that was not yet committed when the snapshot was read may bear an earlier time. */
const unseenMs = 60_000;

interface TagRow {
  readonly name: Tag;
  readonly digest: Buffer;
  readonly pushed_at: Date;
  readonly last_pulled_at: Date | null;
}

interface ManifestRow {
  readonly digest: Buffer;
  readonly subject_digest: Buffer | null;
  readonly children: Buffer[];
  readonly pushed_at: Date;
  readonly last_pulled_at: Date | null;
}

interface HeadRow {
  readonly id: number;
  readonly policy: unknown;
  readonly text: string;
  readonly at: Date;
}

/** Reads what a repository has, and removes what was decided to go, if nothing has come to it since. */
export class RetentionStore {
  constructor(private readonly db: Database) {}

  /** Names of repositories that have retention rules, in byte order after `last`. */
  async repositories({ last = '', limit }: { last?: string; limit: number }): Promise<RepositoryName[]> {
    const rows = await this.db.main.query<{ name: RepositoryName }>(sql.retainedRepositories, [last, limit]);
    return rows.map(({ name }) => name);
  }

  /** Null where the repository is unknown. `tagHistoryDays`: how long what a tag has left is kept. Throws PolicyError. */
  async snapshot(name: RepositoryName, tagHistoryDays: number): Promise<RepositorySnapshot | null> {
    const [head] = await this.db.main.query<HeadRow>(sql.snapshotHead, [name]);
    if (!head) return null;
    const { id: repository, at } = head;
    const policy = parsePolicy(head.policy);
    const days = Math.max(tagHistoryDays, policy.retention?.untaggedDays ?? 0);
    const tags = await this.pages<TagRow>(sql.snapshotTags, repository, { first: '', next: (row) => row.name });
    const manifests = await this.pages<ManifestRow>(sql.snapshotManifests, repository, {
      first: Buffer.alloc(0),
      next: (row) => row.digest,
    });
    const stored = new Set(manifests.map(({ digest }) => fromBytes(digest)));
    return {
      ...{ name, repository, at, policy, policyText: head.text },
      tags: tags.map(tagOf),
      manifests: manifests.map(manifestOf),
      // After the tags: one that leaves a manifest in between is on it here, or in its history there.
      named: await this.names(repository, new Date(at.getTime() - days * dayMs)),
      departed: await this.departed(
        repository,
        tags.flatMap(({ name: tag }) => companionOf(tag) ?? []).filter((digest) => !stored.has(digest)),
      ),
    };
  }

  /** Removes up to 100 tags as far as they are where they were seen; answers those removed, or null where the policy is another by now. */
  async dropTags(snapshot: RepositorySnapshot, tags: readonly TagDecision[]): Promise<Tag[] | null> {
    const seen = new Map(snapshot.tags.map(({ name, pushedAt }) => [name, pushedAt]));
    const names = tags.map(({ tag }) => tag);
    const values = [
      snapshot.repository,
      snapshot.policyText,
      names,
      tags.map(({ digest }) => toBytes(digest)),
      names.map((tag) => seen.get(tag)),
    ];
    const [row] = await this.db.main.query<{ current: boolean; names: Tag[] }>(sql.dropTags, values);
    return row?.current ? row.names : null;
  }

  /** Removes a tag that exists for a manifest which is gone; false where that is back, or the policy another. */
  async dropCompanion({ repository, policyText }: RepositorySnapshot, tag: Tag): Promise<boolean> {
    const of = companionOf(tag);
    return of !== null && (await this.db.main.query(sql.dropCompanion, [repository, policyText, tag, toBytes(of)])).length > 0;
  }

  /** Removes a manifest, with the tags that exist for one that is gone; false where it was used since, is needed, or the policy is another. */
  dropManifest(snapshot: RepositorySnapshot, { digest, rule }: ManifestDecision): Promise<boolean> {
    const { repository, policy, policyText, at } = snapshot;
    const days = policy.retention?.untaggedDays ?? Infinity;
    const unusedSince = rule === 'subject' ? null : new Date(at.getTime() - days * dayMs);
    const key = toBytes(digest);
    return this.db.main.transaction(async (transaction) => {
      const locked = await transaction.query(sql.lockUnwanted, [repository, policyText, key, unusedSince]);
      if (locked.length === 0) return false;
      const seenAt = new Date(at.getTime() - unseenMs);
      return (await transaction.query(sql.dropManifest, [repository, key, seenAt])).length > 0;
    });
  }

  private async names(repository: number, since: Date): Promise<Map<Digest, Date>> {
    const rows = await this.db.main.query<{ digest: Buffer; at: Date }>(sql.snapshotNames, [repository, since]);
    return new Map(rows.map(({ digest, at }) => [fromBytes(digest), at]));
  }

  private async departed(repository: number, missing: readonly Digest[]): Promise<Set<Digest>> {
    if (missing.length === 0) return new Set();
    const rows = await this.db.main.query<{ digest: Buffer }>(sql.snapshotDeparted, [repository, [...new Set(missing)].map(toBytes)]);
    return new Set(rows.map(({ digest }) => fromBytes(digest)));
  }

  private async pages<Row>(
    statement: Statement,
    repository: number,
    { first, next }: { first: unknown; next: (row: Row) => unknown },
  ): Promise<Row[]> {
    const all: Row[] = [];
    for (let after = first; ;) {
      const rows = await this.db.main.query<Row>(statement, [repository, after, page]);
      all.push(...rows);
      const last = rows.at(-1);
      if (!last || rows.length < page) return all;
      after = next(last);
    }
  }
}

function tagOf({ name, digest, pushed_at: pushedAt, last_pulled_at: lastPulledAt }: TagRow): SnapshotTag {
  return { name, digest: fromBytes(digest), pushedAt, lastPulledAt };
}

function manifestOf({
  digest,
  subject_digest: subject,
  children,
  pushed_at: pushedAt,
  last_pulled_at: lastPulledAt,
}: ManifestRow): SnapshotManifest {
  return { digest: fromBytes(digest), subject: subject && fromBytes(subject), children: children.map(fromBytes), pushedAt, lastPulledAt };
}
