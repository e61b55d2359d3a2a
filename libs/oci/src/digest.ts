import { RegistryError } from './errors.js';

/** `sha256:<64 hex>` or `sha512:<128 hex>`, lower case; only {@link parseDigest} and {@link digestOf} make one (image-spec, "Digests"). */
export type Digest = string & { readonly __brand: 'Digest' };

/** The digest algorithms stored and served. */
export const digestAlgorithms = ['sha256', 'sha512'] as const;
export type DigestAlgorithm = (typeof digestAlgorithms)[number];

const hexLength: Readonly<Record<DigestAlgorithm, number>> = { sha256: 64, sha512: 128 };
const lowerHex = /^[0-9a-f]+$/;

/** Tells an algorithm name from any other text. */
export function isDigestAlgorithm(text: string): text is DigestAlgorithm {
  return (digestAlgorithms as readonly string[]).includes(text);
}

/** Answers the digest a text spells, or null. */
export function findDigest(text: string): Digest | null {
  const colon = text.indexOf(':');
  const algorithm = text.slice(0, Math.max(colon, 0));
  const hex = text.slice(colon + 1);
  return isDigestAlgorithm(algorithm) && hex.length === hexLength[algorithm] && lowerHex.test(hex) ? (text as Digest) : null;
}

/** Parses a digest; throws `digestInvalid` on a malformed one and on an unknown algorithm. */
export function parseDigest(text: string): Digest {
  const digest = findDigest(text);
  if (!digest) throw new RegistryError('digestInvalid', { digest: text.slice(0, 200) });
  return digest;
}

/** Parses an algorithm name; throws `digestInvalid` on an unknown one. */
export function parseDigestAlgorithm(text: string): DigestAlgorithm {
  if (!isDigestAlgorithm(text)) throw new RegistryError('digestInvalid', { algorithm: text.slice(0, 200), supported: digestAlgorithms });
  return text;
}

/** The digest of a finished hash. */
export function digestOf(algorithm: DigestAlgorithm, hash: Uint8Array): Digest {
  return `${algorithm}:${Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('hex')}` as Digest;
}

/** The part before the colon. */
export function algorithmOf(digest: Digest): DigestAlgorithm {
  return digest.slice(0, digest.indexOf(':')) as DigestAlgorithm;
}

/** The part after the colon. */
export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}
