import type { ParsedManifest } from '#manifest';
import type { Descriptor } from '#oci';
import { textOf, type JsonFields } from './json-fields.js';

/** Where an image runs (image-spec, "Image Index", `platform`). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
}

/** One entry of an image index. */
export interface ChildDetails {
  readonly digest: string;
  readonly mediaType: string;
  readonly size: number;
  readonly platform?: Platform;
  readonly artifactType?: string;
  /** Of buildx's attestation manifests: the digest of the image they are about. */
  readonly attests?: string;
}

const mostChildren = 200;

/** Reads a platform from an image config or a descriptor; `unknown/unknown`, which buildx gives attestations, is none. */
export function platformOf(from: JsonFields): Platform | undefined {
  const os = textOf(from['os']);
  const architecture = textOf(from['architecture']);
  if (!os || !architecture || (os === 'unknown' && architecture === 'unknown')) return undefined;
  return { os, architecture, variant: textOf(from['variant']), osVersion: textOf(from['os.version']) };
}

/** The entries of an index and the platforms they are for, each platform once. */
export function childrenOf(manifest: ParsedManifest): { children: ChildDetails[]; platforms: Platform[] } {
  const children = manifest.references.slice(0, mostChildren).map(({ descriptor }) => childOf(descriptor));
  const platforms = new Map(children.flatMap(({ platform }) => (platform ? [[JSON.stringify(platform), platform] as const] : [])));
  return { children, platforms: [...platforms.values()] };
}

function childOf({ digest, mediaType, size, platform, artifactType, annotations }: Descriptor): ChildDetails {
  const attestation = annotations?.['vnd.docker.reference.type'] === 'attestation-manifest';
  return {
    digest,
    mediaType,
    size,
    artifactType,
    platform: platform && platformOf(platform),
    attests: attestation ? annotations?.['vnd.docker.reference.digest'] : undefined,
  };
}
