import { tenantOf, type Digest, type RepositoryName } from '#oci';
import { Batch } from '../database/batch.js';
import type { Database } from '../database/database.js';
import { fromBytes, toBytes } from '../database/digest-bytes.js';
import { inRepository } from '../repositories/create-repository.js';
import { deletedUnless, type DeleteOutcome, type StoredBlob } from '../shapes.js';
import { deleteLink, findBlobs, lockLink, mountAny, mountFrom, touchLinks } from './blob-statements.js';

interface BlobKey {
  readonly name: RepositoryName;
  readonly digest: Digest;
}

interface LinkKey {
  readonly repository: number;
  readonly digest: Digest;
}

type FoundBlob = StoredBlob & { readonly repository: number; readonly stale: boolean };
type FoundRow = [ordinality: number, repository: number, size: number, storageKey: string, stale: boolean];

const spellBlob = ({ name, digest }: BlobKey): string => `${name}@${digest}`;
const spellLink = ({ repository, digest }: LinkKey): string => `${repository}@${digest}`;

/** Blobs as repositories see them: through their links. A damaged blob is not there. */
export class BlobStore {
  private readonly graceSeconds: number;
  private readonly lookups: Batch<BlobKey, FoundBlob>;
  private readonly touches: Batch<LinkKey, true>;

  /** `blobGraceSeconds`: how long an unreferenced link is safe from collection after it was last touched; default a day. */
  constructor(
    private readonly db: Database,
    { blobGraceSeconds = 86_400 }: { blobGraceSeconds?: number } = {},
  ) {
    this.graceSeconds = blobGraceSeconds;
    this.lookups = new Batch({ spell: spellBlob, fetch: (keys) => this.fetch(keys) });
    this.touches = new Batch({ spell: spellLink, fetch: (keys) => this.touch(keys) });
  }

  /** Null where the repository has no such blob. A find protects the link for the grace period; that costs a write only once in 1/24 of it. */
  async find(name: RepositoryName, digest: Digest): Promise<StoredBlob | null> {
    const found = await this.lookups.load({ name, digest });
    if (!found || (found.stale && !(await this.touches.load({ repository: found.repository, digest })))) return null;
    return { size: found.size, storageKey: found.storageKey };
  }

  /** Links a blob that `from` has (without `from`: that any repository has) into `to`; false where there is none. */
  mount(to: RepositoryName, digest: Digest, from?: RepositoryName): Promise<boolean> {
    const statement = from === undefined ? mountAny : mountFrom;
    const values = [to, tenantOf(to), toBytes(digest), this.graceSeconds, ...(from === undefined ? [] : [from])];
    return inRepository(this.db.main, to, async () => {
      const [row] = await this.db.main.query<{ found: boolean; known: boolean }>(statement, values);
      if (!row?.found) return false;
      return row.known || null;
    });
  }

  /** Removes a repository's link, refused while manifests of that repository use it; bytes and other repositories' links stay. */
  unlink(name: RepositoryName, digest: Digest): Promise<DeleteOutcome> {
    return this.db.main.transaction(async (transaction): Promise<DeleteOutcome> => {
      const [link] = await transaction.query<{ repository: number }>(lockLink, [name, toBytes(digest)]);
      if (!link) return { outcome: 'unknown' };
      const [row] = await transaction.query<{ parents: Buffer[] }>(deleteLink, [link.repository, toBytes(digest)]);
      return deletedUnless((row?.parents ?? []).map(fromBytes));
    });
  }

  private async fetch(keys: BlobKey[]): Promise<Map<string, FoundBlob>> {
    const values = [keys.map(({ name }) => name), keys.map(({ digest }) => toBytes(digest)), this.graceSeconds];
    const rows = await this.db.main.arrays<FoundRow>(findBlobs, values);
    return new Map(
      rows.map(([ordinality, repository, size, storageKey, stale]) => [
        spellBlob(keys[ordinality - 1]!),
        { repository, size, storageKey, stale },
      ]),
    );
  }

  private async touch(keys: LinkKey[]): Promise<Map<string, true>> {
    const values = [keys.map(({ repository }) => repository), keys.map(({ digest }) => toBytes(digest))];
    const rows = await this.db.main.arrays<[repository: number, digest: Buffer]>(touchLinks, values);
    return new Map(rows.map(([repository, digest]) => [spellLink({ repository, digest: fromBytes(digest) }), true]));
  }
}
