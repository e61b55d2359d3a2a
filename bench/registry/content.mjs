import { createCipheriv, createHash, randomBytes } from 'node:crypto';

export const manifestType = 'application/vnd.oci.image.manifest.v1+json';
/** Where goes what is removed after each measurement. */
export const bulkyRepository = 'bench/bulky';

/** Bytes that do not compress, the same in every run. */
const block = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16, 9)).update(Buffer.alloc(2 ** 20));
const tailLength = 32;
/** By size, the hash over all but the tail: the digest of another blob of that size costs a microsecond. */
const prefixes = new Map();

/** A blob that never lies in memory as a whole: one block repeated, then 32 bytes that make it this one. */
export function blobOf(size, mark = 0) {
  const tail = Buffer.alloc(tailLength, 1);
  if (Buffer.isBuffer(mark)) mark.copy(tail);
  else tail.writeUInt32BE(mark);
  if (!prefixes.has(size)) prefixes.set(size, prefixOf(size - tailLength));
  const digest = `sha256:${prefixes.get(size).copy().update(tail).digest('hex')}`;
  return { digest, size, parts: () => parts(size - tailLength, tail) };
}

/** A blob that no registry has. */
export function newBlob(size) {
  return blobOf(size, randomBytes(16));
}

/** The blobs of every manifest here: a config and eight layers of 1 KiB. */
export const manifestBlobs = [blobOf(512), ...Array.from({ length: 8 }, (_, layer) => blobOf(1_024, layer + 1))];

/** An image manifest of 2 KB. */
export function manifestOf(mark) {
  const [config, ...layers] = manifestBlobs.map(({ digest, size }, at) => ({
    mediaType: `application/vnd.oci.image.${at === 0 ? 'config.v1+json' : 'layer.v1.tar+gzip'}`,
    digest,
    size,
  }));
  const manifest = { schemaVersion: 2, mediaType: manifestType, config, layers, annotations: { mark, padding: '' } };
  manifest.annotations.padding = 'x'.repeat(Math.max(0, 2_048 - JSON.stringify(manifest).length));
  return Buffer.from(JSON.stringify(manifest));
}

function prefixOf(length) {
  const hash = createHash('sha256');
  for (const part of blocks(length)) hash.update(part);
  return hash;
}

function* parts(length, tail) {
  yield* blocks(length);
  yield tail;
}

function* blocks(length) {
  for (let left = length; left > 0; left -= block.length) yield left < block.length ? block.subarray(0, left) : block;
}
