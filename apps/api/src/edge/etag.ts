import type { Digest } from '#oci';

/** True where an If-None-Match or If-Range header names this content (RFC 9110, section 13); a digest is its own validator. */
export function matchesEtag(header: string | undefined, digest: Digest): boolean {
  if (header === undefined) return false;
  return header.split(',').some((entry) => {
    const tag = entry.trim().replace(/^W\//, '');
    return tag === '*' || tag === `"${digest}"`;
  });
}
