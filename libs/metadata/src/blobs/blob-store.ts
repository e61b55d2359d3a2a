import { tenantOf, type Digest, type RepositoryName } from '#oci';
import { Batch } from '../database/batch.js';
import { byteaArray, textArray } from '../database/binary-array.js';
import type { Database } from '../database/database.js';
import { fromBytes, toBytes } from '../database/digest-bytes.js';
import { WriteBatches } from '../database/write-batches.js';
import { inRepository } from '../repositories/create-repository.js';
import { deletedUnless, type DeleteOutcome, type StoredBlob } from '../shapes.js';
import { deleteLink, findBlobs, lockLink, mountBlobs, touchLinks } from './blob-statements.js';

interface BlobKey {
  readonly name: RepositoryName;
  readonly digest: Digest;
}

interface LinkKey {
  readonly repository: number;
  readonly digest: Digest;
}

interface Mount {
  readonly to: RepositoryName;
  readonly digest: Digest;
  readonly from: RepositoryName | undefined;
}

interface MountRow {
  readonly n: number;
  /** The blob is there, and may be mounted. */
  readonly found: boolean;
  /** So is the repository, or was made. */
  readonly known: boolean;
}

type FoundBlob = StoredBlob & { readonly repository: number; readonly stale: boolean };
type FoundRow = [ordinality: number, repository: number, size: number, storageKey: string, stale: boolean];

const spellBlob = ({ name, digest }: BlobKey): string => `${name}@${digest}`;
const mountsAtOnce = 32;
const spellLink = ({ repository, digest }: LinkKey): string => `${repository}@${digest}`;

/** Blobs as repositories see them: through their links. A damaged blob is not there. */
export class BlobStore {
  private readonly graceSeconds: number;
  private readonly lookups: Batch<BlobKey, FoundBlob>;
  private readonly touches: Batch<LinkKey, true>;
  private readonly mounts: WriteBatches<Mount, MountRow>;

  /** `blobGraceSeconds`: how long an unreferenced link is safe from collection after it was last touched; default a day. */
  constructor(
    private readonly db: Database,
    { blobGraceSeconds = 86_400 }: { blobGraceSeconds?: number } = {},
  ) {
    this.graceSeconds = blobGraceSeconds;
    this.lookups = new Batch({ spell: spellBlob, fetch: (keys) => this.fetch(keys) });
    this.touches = new Batch({ spell: spellLink, fetch: (keys) => this.touch(keys) });
    this.mounts = new WriteBatches({
      keysOf: ({ to, digest }) => [`${to}@${digest}`],
      shareOf: () => 1 / mountsAtOnce,
      send: (mounts) => this.link(mounts),
      most: db.unanswered.main,
    });
  }

  /** Null where the repository has no such blob. A find protects the link for the grace period; that costs a write only once in 1/24 of it. */
  async find(name: RepositoryName, digest: Digest): Promise<StoredBlob | null> {
    const found = await this.lookups.load({ name, digest });
    if (!found || (found.stale && !(await this.touches.load({ repository: found.repository, digest })))) return null;
    return { size: found.size, storageKey: found.storageKey };
  }

  /** Links a blob that `from` has (without `from`: that any repository has) into `to`; false where there is none. Mounts at once share a statement. */
  mount(to: RepositoryName, digest: Digest, from?: RepositoryName): Promise<boolean> {
    return inRepository(this.db.main, to, async () => {
      const { found, known } = await this.mounts.write({ to, digest, from });
      return found ? known || null : false;
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

  private async link(mounts: readonly Mount[]): Promise<MountRow[]> {
    const rows = await this.db.main.query<MountRow>(mountBlobs, [
      textArray(mounts.map(({ to }) => to)),
      textArray(mounts.map(({ to }) => tenantOf(to))),
      byteaArray(mounts.map(({ digest }) => toBytes(digest))),
      textArray(mounts.map(({ from }) => from ?? null)),
      this.graceSeconds,
    ]);
    return rows.toSorted((a, b) => a.n - b.n);
  }

  private async touch(keys: LinkKey[]): Promise<Map<string, true>> {
    const values = [keys.map(({ repository }) => repository), keys.map(({ digest }) => toBytes(digest))];
    const rows = await this.db.main.arrays<[repository: number, digest: Buffer]>(touchLinks, values);
    return new Map(rows.map(([repository, digest]) => [spellLink({ repository, digest: fromBytes(digest) }), true]));
  }
}
