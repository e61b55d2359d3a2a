import { algorithmOf, digestOf, hexOf, type Digest, type DigestAlgorithm } from '#oci';

// A digest's column holds one algorithm byte, then the hash: shorter than text, and in one order with the paging of lists.
const algorithmBytes: Readonly<Record<DigestAlgorithm, string>> = { sha256: '01', sha512: '02' };
const algorithms: ReadonlyMap<number | undefined, DigestAlgorithm> = new Map([
  [1, 'sha256'],
  [2, 'sha512'],
]);

/** A digest as its column holds it. */
export function toBytes(digest: Digest): Buffer<ArrayBuffer> {
  return Buffer.from(algorithmBytes[algorithmOf(digest)] + hexOf(digest), 'hex');
}

/** The digest a column holds. */
export function fromBytes(bytes: Uint8Array): Digest {
  const algorithm = algorithms.get(bytes[0]);
  if (!algorithm) throw new Error(`a digest's column begins with ${bytes[0]}`);
  return digestOf(algorithm, bytes.subarray(1));
}
