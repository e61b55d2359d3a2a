import { findDigest, type Digest, type Tag } from '#oci';

const pattern = /^sha256-([0-9a-f]{64})(?:\.(?:sig|att|sbom))?$/;

/** The same for PostgreSQL. */
export const companionPattern = '^sha256-[0-9a-f]{64}(\\.(sig|att|sbom))?$';

/**
 * The manifest that a tag exists for: cosign's `sha256-<hex>.sig`, `.att` and `.sbom`, and `sha256-<hex>`, the list of referrers that clients keep
 * for registries without the referrers API. Null for every other tag.
 */
export function companionOf(tag: Tag): Digest | null {
  const [, hex] = pattern.exec(tag) ?? [];
  return hex === undefined ? null : findDigest(`sha256:${hex}`);
}
