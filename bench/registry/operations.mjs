// What rows do: each makes sure that a server has what it reads, and answers an operation of one connection, which answers its bytes.
import { acceptManifest, ask, beginUpload, cancelUpload, mountBlob, pushBlob, putManifest } from './protocol.mjs';
import { bulkyRepository, manifestBlobs, manifestOf, newBlob } from './content.mjs';
import { application, seedBlob, seedImage, seedManifestBlobs, seedRepositories, seedTags } from './seeding.mjs';

const run = Date.now().toString(36);
let counter = 0;
/** Never twice, over all rounds and servers. */
const next = () => `${run}-${(counter += 1)}`;

const reading = (method, path, { status = 200, least = 0, headers = '' } = {}) => {
  return async (connection) => {
    const { bytes } = await ask(connection, status, [method, path, { headers }]);
    if (bytes < least) throw new Error(`${method} ${path}: ${bytes} bytes, not ${least}`);
    return bytes;
  };
};

export const manifest = (method) => async (server, connections) => {
  const { length } = await seedImage(server, connections);
  const least = method === 'GET' ? length : 0;
  return reading(method, `/v2/${application}/manifests/latest`, { headers: acceptManifest, least });
};

export const unknownTag = async (server, connections) => {
  await seedImage(server, connections);
  return reading('GET', `/v2/${application}/manifests/unknown`, { headers: acceptManifest, status: 404 });
};

export const blob = (method, size) => async (server, connections) => {
  const { digest } = await seedBlob(server, connections, size);
  return reading(method, `/v2/${application}/blobs/${digest}`, { least: method === 'GET' ? size : 0 });
};

export const push = (size) => async () => {
  const repository = size < 1e6 ? 'bench/pushed' : bulkyRepository;
  return async (connection) => {
    await pushBlob(connection, repository, newBlob(size));
    return size;
  };
};

/** A new manifest under a new tag each time. */
export const manifestPut = async (server, connections) => {
  await seedManifestBlobs(server, connections, 'bench/put');
  return async (connection) => {
    const reference = next();
    const body = manifestOf(reference);
    await putManifest(connection, 'bench/put', { reference, body });
    return body.length;
  };
};

/** Into a new repository each time. */
export const mount = async (server, connections) => {
  await seedImage(server, connections);
  const [{ digest }] = manifestBlobs;
  return async (connection) => {
    await mountBlob(connection, { digest, from: application, into: `bench-mount/${next()}` });
    return 0;
  };
};

export const startAndCancel = async () => async (connection) => {
  await cancelUpload(connection, await beginUpload(connection, application));
  return 0;
};

export const tags =
  (count, least, query = '') =>
  async (server, connections) => {
    const repository = `bench/tags-${count}`;
    await seedTags(server, connections, { repository, count });
    return reading('GET', `/v2/${repository}/tags/list${query}`, { least: least * 10 });
  };

export const catalog = async (server, connections) => {
  await seedRepositories(server, connections, 1_000);
  return reading('GET', '/v2/_catalog?n=1000', { least: 1_000 * 10 });
};
