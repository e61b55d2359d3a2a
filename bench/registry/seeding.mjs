// What the rows read is pushed over HTTP beforehand, and once per server: a seed remembers on which it is.
import { blobOf, manifestBlobs, manifestOf, manifestType } from './content.mjs';
import { pushBlob, putManifest } from './protocol.mjs';
import { inLanes } from '../in-lanes.mjs';

export const application = 'bench/app';
export const tagName = (number) => `t${String(number).padStart(6, '0')}`;

const seeded = new WeakMap();

/** Does `work` unless it was done on this server; a file server has its own way to be given content. */
async function once(server, name, work) {
  if (!seeded.has(server)) seeded.set(server, new Set());
  if (seeded.get(server).has(name)) return;
  await work();
  seeded.get(server).add(name);
}

export async function seedBlob(server, connections, size) {
  const blob = blobOf(size);
  const content = { path: `/v2/${application}/blobs/${blob.digest}`, parts: () => blob.parts() };
  await once(server, `blob ${size}`, () => (server.place ? server.place(content) : pushBlob(connections[0], application, blob)));
  return blob;
}

/** A tagged image. */
export async function seedImage(server, connections, { repository = application, tag = 'latest' } = {}) {
  const body = manifestOf('');
  await once(server, `image ${repository}`, async () => {
    if (server.place) return server.place({ path: `/v2/${repository}/manifests/${tag}`, parts: () => [body] });
    await pushManifestBlobs(connections, repository);
    await putManifest(connections[0], repository, { reference: tag, body });
  });
  return body;
}

/** The blobs that every manifest here refers to. */
export async function seedManifestBlobs(server, connections, repository) {
  await once(server, `blobs ${repository}`, () => pushManifestBlobs(connections, repository));
}

/** So many tags on one manifest. */
export async function seedTags(server, connections, { repository, count }) {
  await once(server, `tags ${repository}`, async () => {
    await pushManifestBlobs(connections, repository);
    const body = manifestOf('');
    await withConnections(connections, numbers(count), (connection, number) =>
      putManifest(connection, repository, { reference: tagName(number), body }),
    );
  });
}

/** So many repositories of one image each. */
export async function seedRepositories(server, connections, count) {
  await once(server, 'repositories', async () => {
    const { digest, size } = blobOf(512);
    const config = { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size };
    const body = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config, layers: [] }));
    await withConnections(connections, numbers(count), async (connection, number) => {
      const repository = `bench-catalog/${tagName(number)}`;
      await pushBlob(connection, repository, blobOf(512));
      await putManifest(connection, repository, { reference: 'latest', body });
    });
  });
}

async function pushManifestBlobs(connections, repository) {
  await withConnections(connections, manifestBlobs, (connection, blob) => pushBlob(connection, repository, blob));
}

async function withConnections(connections, all, work) {
  const free = [...connections];
  await inLanes(all, connections.length, async (one) => {
    const connection = free.pop();
    await work(connection, one);
    free.push(connection);
  });
}

const numbers = (count) => Array.from({ length: count }, (_, number) => number);
