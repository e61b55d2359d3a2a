import { mediaTypes, type Digest } from '#oci';
import { digestBytes } from '../support/content.js';

const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';

export interface RaceBlob {
  readonly bytes: Buffer;
  readonly digest: Digest;
}

/** A manifest, and what it is made of: blobs, or manifests where it is an index. */
export interface RaceManifest {
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly digest: Digest;
  readonly blobs: readonly RaceBlob[];
}

/** The empty config is everybody's: the most contended blob there is. */
const config: RaceBlob = blobOf(Buffer.from('{}'));

/** A few dozen blobs, the same ones in every run, from some bytes to some hundred thousand. */
export const raceBlobs: readonly RaceBlob[] = Array.from({ length: 36 }, (_, at) => {
  const size = [90, 700, 5_000, 40_000, 150_000][at % 5]!;
  return blobOf(Buffer.alloc(size, `blob ${at} of the race, again and again; `));
});

function blobOf(bytes: Buffer): RaceBlob {
  return { bytes, digest: digestBytes(bytes) };
}

/** An image of these layers; equal ones with the same nonce are the same manifest. */
export function imageOf(layers: readonly RaceBlob[], nonce: string): RaceManifest {
  const blobs = [config, ...layers];
  const [configDescriptor, ...layerDescriptors] = blobs.map(({ bytes, digest }, at) => ({
    mediaType: at === 0 ? 'application/vnd.oci.empty.v1+json' : layerType,
    digest,
    size: bytes.length,
  }));
  const mediaType = mediaTypes.ociManifest;
  const annotations = { nonce };
  const manifest = { schemaVersion: 2, mediaType, config: configDescriptor, layers: layerDescriptors, annotations };
  return manifestOf(mediaType, manifest, blobs);
}

export function indexOf(children: readonly RaceManifest[], nonce: string): RaceManifest {
  const manifests = children.map(({ mediaType, digest, bytes }) => ({ mediaType, digest, size: bytes.length }));
  return manifestOf(mediaTypes.ociIndex, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests, annotations: { nonce } }, []);
}

function manifestOf(mediaType: string, manifest: object, blobs: readonly RaceBlob[]): RaceManifest {
  const bytes = Buffer.from(JSON.stringify(manifest));
  return { mediaType, bytes, digest: digestBytes(bytes), blobs };
}
