import { findReference, parseDigest, parseTag, RegistryError, type Reference } from '#oci';

/** What a manifest path names when reading: a malformed digest is `digestInvalid`, a malformed tag simply isn't there. */
export function storedReference(text: string): Reference {
  const reference = findReference(text);
  if (reference) return reference;
  if (text.includes(':')) return { digest: parseDigest(text) };
  throw new RegistryError('manifestUnknown', { reference: text.slice(0, 200) });
}

/** What a manifest path names when writing: a malformed tag is `tagInvalid`. */
export function newReference(text: string): Reference {
  return text.includes(':') ? { digest: parseDigest(text) } : { tag: parseTag(text) };
}
