import { findDigest, isMediaType, RegistryError, type Descriptor } from '#oci';
import { isObject } from './json.js';

/** Go writes an absent list or map as null, so null counts as absent everywhere. */
type Fields = Readonly<Record<string, unknown>>;

/** Refuses a manifest and says where: `field` is a path such as `layers[2].digest`. */
export function refuse(field: string, reason: string): never {
  throw new RegistryError('manifestInvalid', { field, reason });
}

/** Reads an optional media type; throws `manifestInvalid` where it is none of RFC 6838's. */
export function readMediaType(from: Fields, name: string, path = name): string | undefined {
  const value = from[name] ?? undefined;
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string' || !isMediaType(value)) refuse(path, 'not a media type (RFC 6838)');
  return value;
}

/** Reads an optional map of strings (image-spec, "Annotations"); throws `manifestInvalid`. */
export function readAnnotations(from: Fields, path: string): Record<string, string> | undefined {
  const value = from['annotations'] ?? undefined;
  if (value === undefined) return undefined;
  if (!isObject(value)) refuse(path, 'not an object of strings');
  for (const [key, entry] of Object.entries(value)) {
    if (typeof entry !== 'string') refuse(`${path}[${JSON.stringify(key.slice(0, 100))}]`, 'not a string');
  }
  return value as Record<string, string>;
}

/** Reads an optional list, absent as []; throws `manifestInvalid` where it is something else. */
export function readList(from: Fields, name: string): readonly unknown[] {
  const value = from[name] ?? [];
  if (!Array.isArray(value)) refuse(name, 'not a list');
  return value;
}

/** Reads one descriptor (image-spec, "Content Descriptors"); throws `manifestInvalid` with the field's path. */
export function readDescriptor(value: unknown, path: string): Descriptor {
  if (!isObject(value)) refuse(path, 'not a descriptor');
  const mediaType = readMediaType(value, 'mediaType', `${path}.mediaType`) ?? refuse(`${path}.mediaType`, 'missing');
  const { digest, size, urls } = value;
  const parsed = typeof digest === 'string' ? findDigest(digest) : null;
  if (!parsed) refuse(`${path}.digest`, 'not a sha256 or sha512 digest');
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) refuse(`${path}.size`, 'not a size in bytes');
  if (urls !== undefined && urls !== null && !isStringList(urls)) refuse(`${path}.urls`, 'not a list of strings');
  return {
    mediaType,
    digest: parsed,
    size,
    urls: isStringList(urls) ? urls : undefined,
    artifactType: readMediaType(value, 'artifactType', `${path}.artifactType`),
    annotations: readAnnotations(value, `${path}.annotations`),
    platform: isObject(value['platform']) ? value['platform'] : undefined,
  };
}

/** The same for a descriptor that may be absent, such as `subject`. */
export function readOptionalDescriptor(from: Fields, name: string): Descriptor | undefined {
  const value = from[name] ?? undefined;
  return value === undefined ? undefined : readDescriptor(value, name);
}

function isStringList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}
