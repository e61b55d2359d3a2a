import type { Digest } from '#oci';
import type { ParsedManifest } from './parse-manifest.js';

/** The finished JSON that `referrers` lists for a manifest with a subject (distribution-spec, "Listing Referrers"): all annotations, well-formed JSON. */
export function referrerDescriptor(manifest: ParsedManifest, digest: Digest, size: number): string {
  return JSON.stringify({
    mediaType: manifest.mediaType,
    digest,
    size,
    artifactType: manifest.artifactType,
    annotations: manifest.annotations,
  });
}
