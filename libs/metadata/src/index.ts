import type { UploadState } from '#cas';
import type { Digest, DigestAlgorithm, ErrorKind, Reference, RepositoryName, Tag } from '#oci';
import type * as shapes from './shapes.js';

export * from './shapes.js';

export declare class DatabaseUnavailableError extends Error {}
export interface DatabaseSettings {
  readonly url: string;
  readonly poolSize?: number;
  readonly applicationName?: string;
  readonly statementTimeoutMs?: number;
  readonly onError?: (error: Error) => void;
}
export declare class Database {
  static connect(settings: DatabaseSettings): Database;
  ping(): Promise<void>;
  close(): Promise<void>;
}
export declare function migrate(url: string, directory: string, log?: (message: string) => void): Promise<string[]>;
export declare class RepositoryStore {
  constructor(db: Database);
  exists(name: RepositoryName): Promise<boolean>;
  page(page: { last?: string; limit: number }): Promise<shapes.NamePage>;
  policy(name: RepositoryName): Promise<shapes.RepositoryPolicy | null>;
  setPolicy(name: RepositoryName, policy: shapes.RepositoryPolicy): Promise<void>;
}
export declare class BlobStore {
  constructor(db: Database, options?: { blobGraceSeconds?: number });
  find(name: RepositoryName, digest: Digest): Promise<shapes.StoredBlob | null>;
  mount(to: RepositoryName, digest: Digest, from?: RepositoryName): Promise<boolean>;
  unlink(name: RepositoryName, digest: Digest): Promise<shapes.DeleteOutcome>;
}
export declare class UploadSessionStore {
  constructor(db: Database, options?: { blobGraceSeconds?: number; uploadExpirySeconds?: number });
  begin(name: RepositoryName, session: { id: string; storage: UploadState; algorithm: DigestAlgorithm }): Promise<void>;
  find(name: RepositoryName, id: string): Promise<shapes.UploadSession | null>;
  lease(name: RepositoryName, id: string, offset?: number): Promise<shapes.LeaseOutcome>;
  record(id: string, lease: string, progress: { storage: UploadState; digestSoFar: Digest | null; release: boolean }): Promise<boolean>;
  cancel(name: RepositoryName, id: string): Promise<boolean>;
  finalize(
    name: RepositoryName,
    id: string,
    blob: { digest: Digest; size: number; storageKey: string },
  ): Promise<'stored' | 'deduplicated' | 'healed' | 'gone'>;
  reject(name: RepositoryName, id: string): Promise<void>;
  complete(name: RepositoryName, id: string, claimed: { digest: Digest; lease?: string }): Promise<boolean>;
  findCompleted(id: string): Promise<{ name: RepositoryName; digest: Digest; storage: UploadState } | null>;
  settle(
    id: string,
    verdict:
      | { ok: true; digest: Digest; size: number; storageKey: string }
      | { ok: false; kind: ErrorKind; detail?: Readonly<Record<string, unknown>> },
  ): Promise<void>;
  verdict(id: string, signal: AbortSignal): Promise<shapes.Verdict | null>;
  expire(limit: number): Promise<number>;
}
export declare class ManifestStore {
  constructor(db: Database);
  find(name: RepositoryName, reference: Reference): Promise<shapes.StoredManifest | null>;
  put(name: RepositoryName, manifest: shapes.NewManifest): Promise<shapes.PutOutcome>;
  delete(name: RepositoryName, digest: Digest): Promise<shapes.DeleteOutcome>;
  referrers(
    name: RepositoryName,
    subject: Digest,
    page: { artifactType?: string; after?: Digest; limit: number },
  ): Promise<shapes.ReferrersPage>;
}
export declare class TagStore {
  constructor(db: Database);
  page(name: RepositoryName, page: { last?: string; limit?: number }): Promise<shapes.NamePage | null>;
  delete(name: RepositoryName, tag: Tag): Promise<boolean>;
}
export declare class OutboxStore {
  constructor(db: Database, options?: { maxAttempts?: number });
  drain<K extends shapes.OutboxKind>(
    kind: K,
    limit: number,
    work: (rows: shapes.OutboxRow<K>[]) => Promise<shapes.DrainResult>,
  ): Promise<number>;
  dueKinds(): Promise<shapes.OutboxKind[]>;
  counts(): Promise<{ kind: shapes.OutboxKind; due: number; parked: number }[]>;
}
export interface ManifestDetail {
  readonly repository: RepositoryName;
  readonly digest: Digest;
  /** What the manifest is: image, index, helm-chart, … */
  readonly kind: string;
  readonly details: Readonly<Record<string, unknown>>;
}
export declare class ManifestDetailStore {
  constructor(db: Database);
  find(name: RepositoryName, digest: Digest): Promise<ManifestDetail | null>;
  /** Writes or replaces; false where the manifest is gone. */
  put(detail: ManifestDetail): Promise<boolean>;
}
export interface LegacyReferrer {
  readonly tag: Tag;
  readonly kind: 'sig' | 'att' | 'sbom';
  readonly subject: Digest;
}
export declare class LegacyReferrerStore {
  constructor(db: Database);
  list(name: RepositoryName, subject: Digest): Promise<LegacyReferrer[]>;
  /** Ties a tag to the manifest it names; false where the tag is gone. */
  tie(name: RepositoryName, referrer: LegacyReferrer): Promise<boolean>;
}
