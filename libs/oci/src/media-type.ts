/** The media types a manifest may have here, and nothing else. */
export const mediaTypes = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
} as const;
export type ManifestMediaType = (typeof mediaTypes)[keyof typeof mediaTypes];

const known: ReadonlySet<string> = new Set(Object.values(mediaTypes));
// oras and others label files as detectors of content types say, `text/plain; charset=utf-8` too: the parameters are theirs to read.
const mediaType = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}(?:[ \t]*;[\t -~]{0,255})?$/;

/** Tells the four manifest media types from all others. */
export function isManifestMediaType(text: string): text is ManifestMediaType {
  return known.has(text);
}

/** True for `type/subtype` as RFC 6838 section 4.2 spells it, with parameters or without. */
export function isMediaType(text: string): boolean {
  return mediaType.test(text);
}
