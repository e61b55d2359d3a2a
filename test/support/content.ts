import { createHash } from 'node:crypto';
import { digestOf, type Descriptor, type Digest, type DigestAlgorithm } from '#oci';

/** Content ready to be pushed: blobs and children first, then the manifest under its tags, or by digest where there are none. */
export interface Content {
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly digest: Digest;
  /** As `referrers` lists it: with artifact type and annotations. */
  readonly descriptor: Descriptor;
  readonly algorithm: DigestAlgorithm;
  readonly blobs: readonly Buffer[];
  readonly children: readonly Content[];
  readonly tags: readonly string[];
}

/** The digest of some bytes. */
export function digestBytes(bytes: Uint8Array | string, algorithm: DigestAlgorithm = 'sha256'): Digest {
  return digestOf(algorithm, createHash(algorithm).update(bytes).digest());
}

/** A plain descriptor of some bytes. */
export function describeBytes(bytes: Uint8Array, mediaType: string, algorithm: DigestAlgorithm = 'sha256'): Descriptor {
  return { mediaType, digest: digestBytes(bytes, algorithm), size: bytes.length };
}

/** What a manifest says of something it points to: the three fields every descriptor has. */
export function pointTo({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}
