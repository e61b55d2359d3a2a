// What the rows are called, so that any of ten million can be asked for without having been listed: rows.mjs says the same in SQL.
import { createHash } from 'node:crypto';

export const manifestType = 'application/vnd.oci.image.manifest.v1+json';
/** Existing repositories that blobs are mounted into. */
export const targets = 64;

/** What the layer is made of that every repository has. */
export const base = 'base layer';

const sha256 = (text) => createHash('sha256').update(text).digest();

export const digestOf = (text) => `sha256:${sha256(text).toString('hex')}`;
export const baseDigest = digestOf(base);
export const blobDigest = (n) => digestOf(`blob ${n}`);
export const tagName = (n) => `t${String(n).padStart(7, '0')}`;
export const repositoryName = (n) => `growth/r${String(n).padStart(7, '0')}`;
export const targetName = (n) => `growth/target-${n}`;
export const subjectDigest = digestOf('subject');

/** The repository that has the blob, by the first four bytes of its digest. */
export const repositoryOfBlob = (n, repositories) =>
  repositoryName(Math.floor((sha256(`blob ${n}`).readUInt32BE() * repositories) / 2 ** 32));

/** An image of the blobs that `growth/tags` has; a new one for each mark. */
export function imageManifest(mark) {
  const [config, ...layers] = [blobDigest(0), baseDigest, blobDigest(1)].map((digest) => ({
    mediaType: 'application/octet-stream',
    digest,
    size: 1_024,
  }));
  const image = { schemaVersion: 2, mediaType: manifestType, config, layers, annotations: { mark } };
  return Buffer.from(JSON.stringify(image));
}
