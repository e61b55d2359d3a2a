import type { Digest, ManifestMediaType, Reference, RepositoryName } from '#oci';
import { Batch } from '../database/batch.js';
import type { Database } from '../database/database.js';
import { fromBytes, toBytes } from '../database/digest-bytes.js';
import type { Statement } from '../database/statement.js';
import type { ManifestSummary, StoredManifest } from '../shapes.js';
import { findByDigest, findByTag, findPayloads, readByDigest } from './manifest-statements.js';
import { PayloadCache } from './payload-cache.js';

interface ManifestKey {
  readonly name: RepositoryName;
  /** A tag or a digest, as the statement takes it. */
  readonly reference: string;
}

interface FoundManifest {
  readonly repository: number;
  readonly digest: Digest;
  readonly mediaType: ManifestMediaType;
  readonly size: number;
}

type FoundRow = [ordinality: number, repository: number, digest: Buffer, mediaType: ManifestMediaType, size: number];
type ReadRow = [ordinality: number, mediaType: ManifestMediaType, size: number, payload: Buffer];

const cacheBytes = 32 * 1_048_576;
/** A payload may have 4 MiB; nearly all have a few KB. */
const payloadsAtOnce = { small: 128, large: 16 };
const smallBytes = 65_536;
/** The same digest in two repositories is two rows, one of which may be going. */
const spellFound = ({ repository, digest }: { repository: number; digest: Digest }): string => `${repository}@${digest}`;
const spell = ({ name, reference }: ManifestKey): string => `${name} ${reference}`;
const tagOf = ({ reference }: ManifestKey): string => reference;
const bytesOf = ({ reference }: ManifestKey): Buffer => toBytes(reference as Digest);
const foundOf = ([, repository, digest, mediaType, size]: FoundRow): FoundManifest => ({
  repository,
  digest: fromBytes(digest),
  mediaType,
  size,
});
const wholeOf = ([, mediaType, size, payload]: ReadRow, { reference }: ManifestKey): StoredManifest => ({
  digest: reference as Digest,
  mediaType,
  size,
  payload,
});

/** Fresh, batched lookups of what a tag or digest means now; payloads come from memory where they were seen before. */
export class ManifestLookup {
  private readonly cache = new PayloadCache(cacheBytes);
  private readonly byTag: Batch<ManifestKey, FoundManifest>;
  private readonly byDigest: Batch<ManifestKey, FoundManifest>;
  private readonly whole: Batch<ManifestKey, StoredManifest>;
  private readonly payloads: Record<keyof typeof payloadsAtOnce, Batch<FoundManifest, Buffer>>;

  constructor(private readonly db: Database) {
    this.byTag = new Batch({ spell, fetch: (keys) => this.fetch(findByTag, keys, tagOf, foundOf) });
    this.byDigest = new Batch({ spell, fetch: (keys) => this.fetch(findByDigest, keys, bytesOf, foundOf) });
    this.whole = new Batch({ spell, fetch: (keys) => this.fetch(readByDigest, keys, bytesOf, wholeOf), maxSize: payloadsAtOnce.small });
    const fetch = (found: FoundManifest[]) => this.fetchPayloads(found);
    this.payloads = {
      small: new Batch({ spell: spellFound, fetch, maxSize: payloadsAtOnce.small }),
      large: new Batch({ spell: spellFound, fetch, maxSize: payloadsAtOnce.large }),
    };
  }

  async summarise(name: RepositoryName, reference: Reference): Promise<ManifestSummary | null> {
    const found = await this.load(name, reference);
    return found && { digest: found.digest, mediaType: found.mediaType, size: found.size };
  }

  async find(name: RepositoryName, reference: Reference): Promise<StoredManifest | null> {
    for (;;) {
      const found = await this.load(name, reference);
      if (!found) return null;
      const payloads = this.payloads[found.size <= smallBytes ? 'small' : 'large'];
      const payload = this.cache.get(found.digest) ?? (await payloads.load(found));
      if (payload) return { digest: found.digest, mediaType: found.mediaType, size: found.size, payload };
      // Deleted between the two statements: gone for this request as well. But a tag that had left it before has always been there.
      if (!('tag' in reference)) return null;
    }
  }

  /** Past the memory for payloads: for who reads each once, and bounds what is read at once. */
  read(name: RepositoryName, digest: Digest): Promise<StoredManifest | null> {
    return this.whole.load({ name, reference: digest });
  }

  private load(name: RepositoryName, reference: Reference): Promise<FoundManifest | null> {
    return 'tag' in reference
      ? this.byTag.load({ name, reference: reference.tag })
      : this.byDigest.load({ name, reference: reference.digest });
  }

  private async fetch<Row extends [ordinality: number, ...unknown[]], Value>(
    statement: Statement,
    keys: ManifestKey[],
    parameterOf: (key: ManifestKey) => string | Buffer,
    valueOf: (row: Row, key: ManifestKey) => Value,
  ): Promise<Map<string, Value>> {
    const rows = await this.db.main.arrays<Row>(statement, [keys.map(({ name }) => name), keys.map(parameterOf)]);
    return new Map(
      rows.map((row) => {
        const key = keys[row[0] - 1]!;
        return [spell(key), valueOf(row, key)];
      }),
    );
  }

  private async fetchPayloads(found: FoundManifest[]): Promise<Map<string, Buffer>> {
    const values = [found.map(({ repository }) => repository), found.map(({ digest }) => toBytes(digest))];
    const rows = await this.db.main.arrays<[repository: number, digest: Buffer, payload: Buffer]>(findPayloads, values);
    return new Map(
      rows.map(([repository, bytes, payload]) => {
        const digest = fromBytes(bytes);
        return [spellFound({ repository, digest }), this.cache.add(digest, payload)];
      }),
    );
  }
}
