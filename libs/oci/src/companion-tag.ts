import { findDigest, type Digest } from './digest.js';
import type { Tag } from './reference.js';

/** cosign's `sha256-<hex>.sig`, `.att` and `.sbom`: what the tag holds, and of which manifest. */
export interface CosignTag {
  readonly tag: Tag;
  readonly kind: 'sig' | 'att' | 'sbom';
  readonly subject: Digest;
}

// There are none of SHA-512: they would be longer than a tag may be. The patterns mean the same to PostgreSQL.
const subject = '^sha256-([0-9a-f]{64})';
export const cosignTagPattern = `${subject}\\.(sig|att|sbom)$`;
export const companionTagPattern = `${subject}(\\.(sig|att|sbom))?$`;

const cosignTag = new RegExp(cosignTagPattern);
const companionTag = new RegExp(companionTagPattern);

/** Null where the tag is none of cosign's. */
export function findCosignTag(tag: Tag): CosignTag | null {
  const [, hex, kind] = cosignTag.exec(tag) ?? [];
  const found = findDigest(`sha256:${hex}`);
  return found && { tag, kind: kind as CosignTag['kind'], subject: found };
}

/**
 * The manifest that a tag exists for: one of cosign's, or `sha256-<hex>`, the list of referrers that clients keep for registries without the
 * referrers API (distribution-spec, "Referrers Tag Schema"). Null for every other tag.
 */
export function companionOf(tag: Tag): Digest | null {
  const [, hex] = companionTag.exec(tag) ?? [];
  return findDigest(`sha256:${hex}`);
}
