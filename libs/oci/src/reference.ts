import { findDigest, type Digest } from './digest.js';
import { RegistryError } from './errors.js';

/** A valid tag; only {@link parseTag} and {@link findReference} make one (distribution-spec, "Pulling manifests"). */
export type Tag = string & { readonly __brand: 'Tag' };

/** What the last part of a manifest's path may name. */
export type Reference = { readonly digest: Digest } | { readonly tag: Tag };

const tagPattern = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** Parses a tag; throws `tagInvalid`. */
export function parseTag(text: string): Tag {
  if (!tagPattern.test(text)) throw new RegistryError('tagInvalid', { tag: text.slice(0, 200) });
  return text as Tag;
}

/** Answers the tag or digest a text spells, or null where it can be neither. */
export function findReference(text: string): Reference | null {
  if (tagPattern.test(text)) return { tag: text as Tag };
  const digest = findDigest(text);
  return digest && { digest };
}
