import type { ParsedManifest } from '#manifest';
import type { Descriptor } from '#oci';
import { classifyManifest, layersOf, predicateTypesOf, type ManifestKind } from './classify-manifest.js';
import { chartOf, type ChartDetails } from './helm-chart.js';
import { fieldsOf, instantOf, textMapOf, type JsonFields } from './json-fields.js';
import { childrenOf, platformOf, type ChildDetails, type Platform } from './platforms.js';

/** What people are shown of a manifest, before it is made safe for jsonb. */
export interface ManifestDetails {
  readonly platforms: readonly Platform[];
  /** ISO 8601, UTC. */
  readonly created?: string;
  /** Bytes of everything the manifest lists, each digest once; what an index's children list is theirs. */
  readonly totalSize: number;
  /** Of an image's config. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly artifactType?: string;
  readonly subject?: string;
  readonly chart?: ChartDetails;
  readonly predicateTypes?: readonly string[];
  readonly children?: readonly ChildDetails[];
}

export interface ManifestDescription {
  readonly kind: ManifestKind;
  readonly details: ManifestDetails;
}

/** Says what a manifest is. `config`: its config blob where that could be read as a JSON object; without it, what can be known is told. */
export function describeManifest(manifest: ParsedManifest, config?: JsonFields): ManifestDescription {
  const classified = classifyManifest(manifest);
  const platform = config && platformOf(config);
  const kind = classified === 'image' && platform?.architecture === 'wasm' ? 'wasm' : classified;
  const annotations = manifest.annotations ?? {};
  const predicateTypes = predicateTypesOf(manifest);
  const common = {
    created: instantOf(config?.['created']) ?? instantOf(annotations['org.opencontainers.image.created']),
    totalSize: totalSizeOf(manifest),
    labels: textMapOf(fieldsOf(config?.['config'])?.['Labels']),
    annotations,
    artifactType: manifest.artifactType,
    subject: manifest.subject?.digest,
    predicateTypes: predicateTypes.length > 0 ? predicateTypes : undefined,
  };
  if (kind === 'index') return { kind, details: { ...common, ...childrenOf(manifest) } };
  const platforms = platform ? [platform] : [];
  if (kind === 'helm-chart') return { kind, details: { ...common, platforms: [], chart: chartOf(config ?? {}, layersOf(manifest)) } };
  return { kind, details: { ...common, platforms } };
}

/** True where the config says something: of the kinds whose config is a document, not the data itself. */
export function hasTellingConfig(manifest: ParsedManifest): boolean {
  const kind = classifyManifest(manifest);
  return kind === 'image' || kind === 'helm-chart' || kind === 'wasm';
}

function totalSizeOf(manifest: ParsedManifest): number {
  const sizes = new Map<string, Descriptor>(manifest.references.map(({ descriptor }) => [descriptor.digest, descriptor]));
  return [...sizes.values()].reduce((sum, { size }) => sum + size, 0);
}
