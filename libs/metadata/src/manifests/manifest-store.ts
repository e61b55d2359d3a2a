import type { Digest, Reference, RepositoryName, Tag } from '#oci';
import type { Database } from '../database/database.js';
import { fromBytes, toBytes } from '../database/digest-bytes.js';
import { GuardedTags } from '../policy/guarded-tags.js';
import { ImmutableTags } from '../policy/immutable-tags.js';
import { inRepository } from '../repositories/create-repository.js';
import {
  deletedUnless,
  type DeleteOutcome,
  type ImmutableOutcome,
  type ManifestSummary,
  type NewManifest,
  type PutOutcome,
  type ReferrersPage,
  type StoredManifest,
} from '../shapes.js';
import { ManifestLookup } from './manifest-lookup.js';
import { deleteManifest, lockManifest, referrers, referrersOfType, tagsOn } from './manifest-statements.js';
import { ManifestWriter } from './manifest-writer.js';

const maxListBytes = 4 * 1_048_576;

/** Manifests with their bytes, references, tags and referrers. */
export class ManifestStore {
  private readonly lookup: ManifestLookup;
  private readonly guarded: GuardedTags;
  private readonly writer: ManifestWriter;

  constructor(private readonly db: Database) {
    this.lookup = new ManifestLookup(db);
    this.guarded = new GuardedTags(db);
    this.writer = new ManifestWriter(db);
  }

  /** What the tag or digest means now; null where there is nothing. The payload is shared: don't write to it. */
  find(name: RepositoryName, reference: Reference): Promise<StoredManifest | null> {
    return this.lookup.find(name, reference);
  }

  /** The same, past what is kept of payloads: for who reads each manifest once, and bounds how many at once. */
  read(name: RepositoryName, digest: Digest): Promise<StoredManifest | null> {
    return this.lookup.read(name, digest);
  }

  /** The same without the payload, which is not read either. */
  summarise(name: RepositoryName, reference: Reference): Promise<ManifestSummary | null> {
    return this.lookup.summarise(name, reference);
  }

  /**
   * Stores a manifest and moves its tags, all or nothing; `missing` answers every reference that has no target in the repository. Pushes at
   * once share a statement.
   */
  put(name: RepositoryName, manifest: NewManifest): Promise<PutOutcome> {
    return inRepository(this.db.main, name, async (): Promise<PutOutcome | null> => {
      const row = await this.guarded.write({ name, ...manifest }, (queryable, { rules, fixed }) =>
        fixed.length > 0
          ? this.writer.writeAlone(queryable, { name, manifest, rules }, fixed)
          : this.writer.write({ name, manifest, rules }),
      );
      if (row && !('rules' in row)) return { outcome: 'immutable', tags: row };
      if (!row?.repository) return null;
      if (row.missing.length > 0) return { outcome: 'missing', digests: row.missing.map(fromBytes) };
      return { outcome: 'stored', created: row.created };
    });
  }

  /** Removes a manifest and every tag on it, refused while an index of the repository has it as a child, or a rule keeps one of the tags. */
  delete(name: RepositoryName, digest: Digest): Promise<DeleteOutcome | ImmutableOutcome> {
    return this.db.main.transaction(async (transaction): Promise<DeleteOutcome | ImmutableOutcome> => {
      const [manifest] = await transaction.query<{ repository: number; rules: string | null }>(lockManifest, [name, toBytes(digest)]);
      if (!manifest) return { outcome: 'unknown' };
      const key = [manifest.repository, toBytes(digest)];
      const tags = manifest.rules === null ? [] : (await transaction.query<{ name: Tag }>(tagsOn, key)).map((tag) => tag.name);
      const held = ImmutableTags.parse(manifest.rules).among(tags);
      if (held.length > 0) return { outcome: 'immutable', tags: held };
      const [row] = await transaction.query<{ parents: Buffer[] }>(deleteManifest, key);
      return deletedUnless((row?.parents ?? []).map(fromBytes));
    });
  }

  /** Descriptors of manifests whose subject this is, at most `limit` and about 4 MiB; empty also where nothing is known of subject or repository. */
  async referrers(
    name: RepositoryName,
    subject: Digest,
    { artifactType, after, limit }: { artifactType?: string; after?: Digest; limit: number },
  ): Promise<ReferrersPage> {
    const values = [name, toBytes(subject), after ? toBytes(after) : Buffer.alloc(0), limit + 1, maxListBytes];
    const rows = await this.db.main.query<{ digest: Buffer; descriptor: string; total: number }>(
      artifactType === undefined ? referrers : referrersOfType,
      artifactType === undefined ? values : [...values, artifactType],
    );
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    return {
      descriptors: shown.map(({ descriptor }) => descriptor),
      next: last && last.total > shown.length ? fromBytes(last.digest) : null,
    };
  }
}
