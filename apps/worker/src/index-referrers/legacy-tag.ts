import { findDigest, type Digest, type Tag } from '#oci';

/** What a tag of cosign's old naming, `sha256-<hex>.sig`, says: what it is, and of which manifest. */
export interface LegacyTag {
  readonly tag: Tag;
  readonly kind: 'sig' | 'att' | 'sbom';
  readonly subject: Digest;
}

const pattern = /^(sha256|sha512)-([0-9a-f]+)\.(sig|att|sbom)$/;

/** Null where the tag is an ordinary one. */
export function findLegacyTag(tag: Tag): LegacyTag | null {
  const [, algorithm, hex, kind] = pattern.exec(tag) ?? [];
  const subject = findDigest(`${algorithm}:${hex}`);
  return subject && { tag, kind: kind as LegacyTag['kind'], subject };
}
