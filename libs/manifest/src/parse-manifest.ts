import { isManifestMediaType, mediaTypes, RegistryError, type Descriptor, type ManifestMediaType } from '#oci';
import { readAnnotations, readDescriptor, readList, readMediaType, readOptionalDescriptor, refuse } from './fields.js';
import { parseJsonObject } from './json.js';

/** What a manifest says of one piece of content it needs; `optional` content may be absent from the repository. */
export interface ManifestReference {
  readonly descriptor: Descriptor;
  readonly kind: 'config' | 'layer' | 'child';
  readonly optional: boolean;
}

/** A validated image manifest or image index (image-spec, "Image Manifest", "Image Index"; Docker schema 2). */
export interface ParsedManifest {
  readonly mediaType: ManifestMediaType;
  readonly kind: 'image' | 'index';
  readonly config?: Descriptor;
  readonly references: readonly ManifestReference[];
  readonly subject?: Descriptor;
  /** The artifact type that `referrers` lists: the field, else for image manifests the config's media type. */
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

const indexTypes: ReadonlySet<string> = new Set([mediaTypes.ociIndex, mediaTypes.dockerList]);

/** Parses manifest bytes sent under a Content-Type; throws `manifestInvalid` with a detail that says where. Never recursive. */
export function parseManifest(bytes: Uint8Array, contentType: string | undefined): ParsedManifest {
  const json = parseJsonObject(bytes);
  const mediaType = decideMediaType(json, contentType);
  if (json['schemaVersion'] !== 2) refuse('schemaVersion', 'must be 2');
  const common = {
    mediaType,
    subject: readOptionalDescriptor(json, 'subject'),
    annotations: readAnnotations(json, 'annotations'),
  };
  const artifactType = readMediaType(json, 'artifactType');
  if (indexTypes.has(mediaType)) return { ...common, kind: 'index', artifactType, references: childrenOf(json) };
  const config = readDescriptor(json['config'], 'config');
  return { ...common, kind: 'image', config, artifactType: artifactType ?? config.mediaType, references: contentOf(json, config) };
}

/** The header and the field must agree; where only one of them speaks, it decides. */
function decideMediaType(json: Readonly<Record<string, unknown>>, contentType: string | undefined): ManifestMediaType {
  const header = contentType?.split(';', 1)[0]?.trim().toLowerCase() || undefined;
  const field = readMediaType(json, 'mediaType');
  if (header && field && header !== field) {
    throw new RegistryError('manifestInvalid', {
      field: 'mediaType',
      reason: 'differs from the Content-Type',
      mediaType: field,
      contentType: header,
    });
  }
  const mediaType = header ?? field;
  if (mediaType && isManifestMediaType(mediaType)) return mediaType;
  const supported = Object.values(mediaTypes);
  throw new RegistryError('manifestInvalid', {
    field: 'mediaType',
    reason: 'not a manifest type this registry takes',
    mediaType,
    supported,
  });
}

function contentOf(json: Readonly<Record<string, unknown>>, config: Descriptor): ManifestReference[] {
  const layers = readList(json, 'layers').map((layer, i) => readDescriptor(layer, `layers[${i}]`));
  return [
    { descriptor: config, kind: 'config', optional: false },
    // Content with `urls` is non-distributable: clients fetch it there and may never push it (image-spec, "Non-Distributable Layers").
    ...layers.map((descriptor): ManifestReference => ({ descriptor, kind: 'layer', optional: (descriptor.urls?.length ?? 0) > 0 })),
  ];
}

function childrenOf(json: Readonly<Record<string, unknown>>): ManifestReference[] {
  return readList(json, 'manifests').map((child, i) => ({
    descriptor: readDescriptor(child, `manifests[${i}]`),
    kind: 'child',
    optional: false,
  }));
}
