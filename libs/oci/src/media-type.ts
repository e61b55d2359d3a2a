/** The media types a manifest may have here, and nothing else. */
export const mediaTypes = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
} as const;
export type ManifestMediaType = (typeof mediaTypes)[keyof typeof mediaTypes];

const known: ReadonlySet<string> = new Set(Object.values(mediaTypes));
const restrictedName = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;

/** Tells the four manifest media types from all others. */
export function isManifestMediaType(text: string): text is ManifestMediaType {
  return known.has(text);
}

/** True for `type/subtype` as RFC 6838 section 4.2 spells it, without parameters. */
export function isMediaType(text: string): boolean {
  return restrictedName.test(text);
}
