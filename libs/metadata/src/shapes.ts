import type { UploadState } from '#cas';
import type { Digest, DigestAlgorithm, ErrorKind, ManifestMediaType, RepositoryName, Tag } from '#oci';

/** A page of names in byte order; `more` tells whether another follows. Who asks for the same at the same time shares it. */
export class NamePage {
  private text?: string;

  constructor(
    readonly names: readonly string[],
    readonly more: boolean,
  ) {}

  /** The names as JSON, made once. No name of a tag or repository has a character that JSON would escape. */
  toText(): string {
    return (this.text ??= this.names.length === 0 ? '[]' : `["${this.names.join('","')}"]`);
  }
}

/** Names as statements answer them, joined by commas, cut by the one that was read too many to see whether there is more. */
export function pageOf(joined: string | null, limit = Infinity): NamePage {
  const names = joined === null ? [] : joined.split(',');
  return names.length > limit ? new NamePage(names.slice(0, limit), true) : new NamePage(names, false);
}

/** A tag that a rule of its repository keeps as it is, and the pattern of that rule. */
export interface ImmutableTag {
  readonly tag: Tag;
  readonly pattern: string;
}

/** Nothing happened, because these tags would have moved or gone. */
export interface ImmutableOutcome {
  readonly outcome: 'immutable';
  readonly tags: readonly ImmutableTag[];
}

/** Where a blob's bytes lie; `size` in bytes. */
export interface StoredBlob {
  readonly size: number;
  readonly storageKey: string;
}

/** What a deletion came to; `inUse` names (some of) the manifests that stand against it. */
export type DeleteOutcome =
  { readonly outcome: 'deleted' } | { readonly outcome: 'unknown' } | { readonly outcome: 'inUse'; readonly manifests: Digest[] };

/** What verification found; `digest` is the claimed one. */
export type Verdict =
  | { readonly ok: true; readonly digest: Digest }
  | { readonly ok: false; readonly kind: ErrorKind; readonly detail?: Readonly<Record<string, unknown>> };

/** `open` takes bytes, `completed` awaits its verdict, the other two have it. */
export type UploadSessionState = 'open' | 'completed' | 'verified' | 'failed';

/** What a session holds: bytes as a storage driver knows them, and the digest of exactly those, where somebody knew it. */
export interface SessionContent {
  readonly storage: UploadState;
  readonly digestSoFar: Digest | null;
}

/** An upload session's row: `offset` counts durable bytes, `digestSoFar` is the digest of exactly those, where somebody knew it. */
export interface UploadSession {
  readonly id: string;
  readonly repository: RepositoryName;
  readonly state: UploadSessionState;
  readonly offset: number;
  readonly storage: UploadState;
  readonly digestSoFar: Digest | null;
  readonly algorithm: DigestAlgorithm;
  /** The digest the closing PUT named; null while open. */
  readonly claimed: Digest | null;
  readonly verdict: Verdict | null;
}

/** What came of asking for a session's lease; `takenOver`: somebody still held it. */
export type LeaseOutcome =
  | { readonly outcome: 'leased'; readonly lease: string; readonly session: UploadSession; readonly takenOver: boolean }
  | { readonly outcome: 'outOfOrder'; readonly offset: number }
  | { readonly outcome: 'unknown' };

/** The outcome of a deletion that was refused by some manifests, or by none. */
export function deletedUnless(manifests: Digest[]): DeleteOutcome {
  return manifests.length > 0 ? { outcome: 'inUse', manifests: [...new Set(manifests)] } : { outcome: 'deleted' };
}

/** Verified bytes under their key; `size` in bytes. */
export interface ArrivedBlob {
  readonly digest: Digest;
  readonly size: number;
  readonly storageKey: string;
  /** Keys of the upload that are garbage from the moment this is the blob. */
  readonly leftovers?: readonly string[];
}

/** What became of arrived bytes: `deduplicated` ones go, for the blob was there; `healed`: they replace damaged ones. */
export type FinalizeOutcome = 'stored' | 'deduplicated' | 'healed' | 'gone';

/** A session that awaits its verdict; `digest` is the claimed one. */
export interface CompletedSession {
  readonly name: RepositoryName;
  readonly digest: Digest;
  readonly storage: UploadState;
}

/** A worker's verdict, with the bytes where it is good. */
export type Settlement = (ArrivedBlob & { readonly ok: true }) | (Verdict & { readonly ok: false });

/** A manifest as pushed, byte for byte. */
export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: ManifestMediaType;
  readonly payload: Buffer;
  readonly size: number;
}

/** A manifest without its bytes. */
export type ManifestSummary = Omit<StoredManifest, 'payload'>;

/** One descriptor of a manifest; an `optional` one may point at nothing. */
export interface ManifestReference {
  readonly descriptor: { readonly digest: Digest; readonly size: number };
  readonly kind: 'config' | 'layer' | 'child';
  readonly optional: boolean;
}

/** A parsed manifest on its way into the database. */
export interface NewManifest {
  readonly digest: Digest;
  readonly mediaType: ManifestMediaType;
  /** The effective one: `artifactType`, or for image manifests without it the config's media type. At most 255 characters. */
  readonly artifactType?: string;
  readonly configDigest?: Digest;
  readonly subject?: Digest;
  readonly payload: Buffer;
  /** The finished JSON of its entry in the subject's referrers list. */
  readonly referrerDescriptor?: string;
  readonly references: readonly ManifestReference[];
  readonly tags: readonly Tag[];
}

/** What came of a manifest's push; `created` is false where the repository had it already. */
export type PutOutcome =
  | { readonly outcome: 'stored'; readonly created: boolean }
  | { readonly outcome: 'missing'; readonly digests: Digest[] }
  | ImmutableOutcome;

/** What came of a tag's deletion. */
export type TagDeleteOutcome = { readonly outcome: 'deleted' } | { readonly outcome: 'unknown' } | ImmutableOutcome;

/** A page of finished descriptors in order of digest; `next` is where the following page starts. */
export interface ReferrersPage {
  readonly descriptors: string[];
  readonly next: Digest | null;
}

/** What each kind of outbox row carries besides its key. */
export interface OutboxPayloads {
  /** key: the session's id */
  'verify-blob': null;
  /** key: `<repository>@<digest>`; the size is that of the manifest, where it is known */
  'index-manifest': { readonly repository: RepositoryName; readonly digest: Digest; readonly size?: number };
  /** key: `<repository>:<tag>` */
  'index-referrers': { readonly repository: RepositoryName; readonly tag: Tag };
  /** key: the storage key */
  'delete-object': null;
  /** key: the session's id */
  'abort-upload': UploadState;
}
export type OutboxKind = keyof OutboxPayloads;

/** Work due; `attempts` counts failures so far. */
export interface OutboxRow<K extends OutboxKind = OutboxKind> {
  readonly id: number;
  readonly kind: K;
  readonly key: string;
  readonly payload: OutboxPayloads[K];
  readonly attempts: number;
}

/** What a worker did with the rows it was given; a row in neither list stays due. */
export interface DrainResult {
  readonly done: readonly number[];
  readonly failed: readonly { readonly id: number; readonly error: string }[];
}

/**
 * How many rows of a kind are due now, wait for their time, and are given up; `failed`: of those due or waiting, that will be tried again.
 * `oldest`: since when one is due; `oldestParked`: since when one is given up.
 */
export interface OutboxCount {
  readonly kind: OutboxKind;
  readonly due: number;
  readonly waiting: number;
  readonly parked: number;
  readonly failed: number;
  readonly oldest: Date | null;
  readonly oldestParked: Date | null;
}

/** A row as an operator sees it. */
export interface OutboxEntry {
  readonly id: number;
  readonly kind: OutboxKind;
  readonly key: string;
  readonly notBefore: Date;
  /** Failures so far. */
  readonly attempts: number;
  readonly lastError: string | null;
  /** When it was given up; null: workers will try. */
  readonly parkedAt: Date | null;
}

/** Which rows to look at; `failed`: only those that failed at least once. */
export interface OutboxFilter {
  readonly kind?: OutboxKind;
  readonly failed?: boolean;
  /** An id. */
  readonly after?: number;
  readonly limit?: number;
}

/** What a worker read out of a manifest; `kind` says what it is: image, index, helm-chart, … */
export interface ManifestDetail {
  readonly repository: RepositoryName;
  readonly digest: Digest;
  readonly kind: string;
  readonly details: Readonly<Record<string, unknown>>;
}
