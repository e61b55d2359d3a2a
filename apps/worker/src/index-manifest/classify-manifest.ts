import type { Descriptor } from '#oci';
import type { ParsedManifest } from '#manifest';

/** What an artifact is to people. */
export type ManifestKind = 'image' | 'index' | 'helm-chart' | 'cosign-signature' | 'attestation' | 'sbom' | 'wasm' | 'other';

const helmConfig = 'application/vnd.cncf.helm.config.v1+json';
const sigstoreBundle = /^application\/vnd\.dev\.sigstore\.bundle(\.v|\+json)/;
const attestation = /^application\/(vnd\.in-toto|vnd\.dsse|vnd\.docker\.attestation|vnd\.dev\.cosign\.artifact\.att)/;
const signature = /^application\/(vnd\.dev\.cosign\.simplesigning|vnd\.dev\.cosign\.artifact\.sig)/;
const billOfMaterials = /^(application|text)\/(spdx|vnd\.cyclonedx|vnd\.syft|vnd\.dev\.cosign\.artifact\.sbom)/;
const wasm = /^application\/(wasm$|vnd\.wasm\.|vnd\.module\.wasm\.)/;
const imageConfigs: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]);
/** cosign's newer bundles sign an image by attesting this about it. */
const signaturePredicate = 'https://sigstore.dev/cosign/sign/v1';

/** Tells by types and annotations alone what a manifest is. Attestations also carry cosign's signature annotation, so they come first. */
export function classifyManifest(manifest: ParsedManifest): ManifestKind {
  if (manifest.kind === 'index') return 'index';
  const layers = layersOf(manifest);
  const types = [manifest.artifactType, manifest.config?.mediaType, ...layers.map((layer) => layer.mediaType)].filter(isPresent);
  const some = (pattern: RegExp) => types.some((type) => pattern.test(type));
  if (manifest.config?.mediaType === helmConfig) return 'helm-chart';
  if (some(sigstoreBundle)) return kindOfBundle(manifest);
  if (some(attestation)) return 'attestation';
  if (some(signature) || layers.some((layer) => layer.annotations?.['dev.cosignproject.cosign/signature'])) return 'cosign-signature';
  if (some(billOfMaterials)) return 'sbom';
  if (some(wasm)) return 'wasm';
  return types.length > 0 && imageConfigs.has(types[0]!) ? 'image' : 'other';
}

/** What attestations say they state: the predicate types that annotations of the manifest or its layers name. */
export function predicateTypesOf(manifest: ParsedManifest): string[] {
  const named = [manifest, ...layersOf(manifest)].flatMap(({ annotations }) => [
    annotations?.['in-toto.io/predicate-type'],
    annotations?.['predicateType'],
    annotations?.['dev.sigstore.bundle.predicateType'],
  ]);
  return [...new Set(named.filter(isPresent))];
}

/** The layers of an image manifest, without its config. */
export function layersOf(manifest: ParsedManifest): Descriptor[] {
  return manifest.references.filter(({ kind }) => kind === 'layer').map(({ descriptor }) => descriptor);
}

function kindOfBundle(manifest: ParsedManifest): ManifestKind {
  const predicates = predicateTypesOf(manifest);
  const content = manifest.annotations?.['dev.sigstore.bundle.content'];
  if (content === 'message-signature' || predicates.includes(signaturePredicate)) return 'cosign-signature';
  return content === 'dsse-envelope' || predicates.length > 0 ? 'attestation' : 'cosign-signature';
}

function isPresent(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}
