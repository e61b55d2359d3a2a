import type { RepositoryName } from '#oci';
import { bigintArray, booleanArray, byteaArray, integerArray, textArray } from '../database/binary-array.js';
import { toBytes } from '../database/digest-bytes.js';
import type { NewManifest } from '../shapes.js';

/** A manifest on its way into a repository, judged by these rules about immutable tags. */
export interface ManifestPut {
  readonly name: RepositoryName;
  readonly manifest: NewManifest;
  readonly rules: string | null;
}

/** The values of `putManifests`; `fixed`: tags that must stay where they are. */
export function putValues(puts: readonly ManifestPut[], fixed: readonly string[] = []): unknown[] {
  const names = [...new Set(puts.map(({ name }) => name))];
  const manifests = puts.map(({ manifest }) => manifest);
  const references = manifests.flatMap((manifest, i) =>
    manifest.references.map((reference, at) => ({ ...reference, of: i + 1, at: at + 1 })),
  );
  // ON CONFLICT may meet a row once only.
  const tags = manifests.flatMap((manifest, i) => [...new Set(manifest.tags)].map((tag) => ({ tag, of: i + 1 })));
  let end = 1;
  const starts = manifests.map(({ payload }) => (end += payload.length) - payload.length);
  return [
    textArray(names),
    integerArray(puts.map(({ name }) => names.indexOf(name) + 1)),
    byteaArray(manifests.map(({ digest }) => toBytes(digest))),
    textArray(manifests.map(({ mediaType }) => mediaType)),
    textArray(manifests.map(({ artifactType }) => artifactType ?? null)),
    byteaArray(manifests.map(({ configDigest }) => (configDigest ? toBytes(configDigest) : null))),
    byteaArray(manifests.map(({ subject }) => (subject ? toBytes(subject) : null))),
    textArray(manifests.map(({ referrerDescriptor }) => referrerDescriptor ?? null)),
    integerArray(starts),
    integerArray(manifests.map(({ payload }) => payload.length)),
    manifests.length === 1 ? manifests[0]!.payload : Buffer.concat(manifests.map(({ payload }) => payload)),
    textArray(puts.map(({ rules }) => rules)),
    integerArray(references.map(({ of }) => of)),
    integerArray(references.map(({ at }) => at)),
    byteaArray(references.map(({ descriptor }) => toBytes(descriptor.digest))),
    textArray(references.map(({ kind }) => kind)),
    bigintArray(references.map(({ descriptor }) => descriptor.size)),
    booleanArray(references.map(({ optional }) => optional)),
    integerArray(tags.map(({ of }) => of)),
    textArray(tags.map(({ tag }) => tag)),
    textArray(fixed),
  ];
}
