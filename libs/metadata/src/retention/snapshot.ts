import type { Digest, RepositoryName, Tag } from '#oci';
import type { RepositoryPolicy } from '../policy/repository-policy.js';

/** A tag as retention sees it. */
export interface SnapshotTag {
  readonly name: Tag;
  readonly digest: Digest;
  readonly pushedAt: Date;
  readonly lastPulledAt: Date | null;
}

/** A manifest as retention sees it; `children` may be blobs, or missing. */
export interface SnapshotManifest {
  readonly digest: Digest;
  readonly subject: Digest | null;
  readonly children: readonly Digest[];
  readonly pushedAt: Date;
  readonly lastPulledAt: Date | null;
}

/** What a repository held at `at` (the database's clock), or a moment later: read in pieces, so that what is done about it is checked again. */
export interface RepositorySnapshot {
  readonly name: RepositoryName;
  readonly repository: number;
  readonly at: Date;
  readonly policy: RepositoryPolicy;
  /** The same as the database has it, to compare with. */
  readonly policyText: string;
  readonly tags: readonly SnapshotTag[];
  readonly manifests: readonly SnapshotManifest[];
  /** When an ordinary tag last came to or left a manifest, as far as that may matter. */
  readonly named: ReadonlyMap<Digest, Date>;
  /** Manifests that tags exist for, and that are gone: an ordinary tag pointed to them once. */
  readonly departed: ReadonlySet<Digest>;
}

/** What becomes of a tag or manifest, the rule that says so, and why in words. */
export interface RetentionVerdict {
  readonly keep: boolean;
  readonly rule: string;
  readonly reason: string;
}

export interface TagDecision extends RetentionVerdict {
  readonly tag: Tag;
  readonly digest: Digest;
}

export interface ManifestDecision extends RetentionVerdict {
  readonly digest: Digest;
}

/** A decision on everything a repository has. */
export interface RetentionPlan {
  readonly tags: readonly TagDecision[];
  /** Those that go, in the order in which they can: what holds others before what it holds; then those that stay. */
  readonly manifests: readonly ManifestDecision[];
}
