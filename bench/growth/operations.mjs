import { randomInt } from 'node:crypto';
import {
  baseDigest,
  blobDigest,
  digestOf,
  imageManifest,
  manifestType,
  repositoryName,
  repositoryOfBlob,
  subjectDigest,
  tagName,
  targetName,
  targets,
} from './content.mjs';

const page = 100;
/** As many tags on either side are pulled again and again: their manifests' bytes are in memory on both. */
const workingSet = 1_000;
const accept = { Accept: manifestType };
const run = Date.now().toString(36);
const octets = { 'Content-Type': 'application/octet-stream' };

/**
 * What is measured: operations of a client on an installation of that scale, each over all the rows there are. What writes makes something new
 * each time.
 */
export function operationsOf(client, { tags, repositories, blobs }) {
  let serial = 0;
  const get = (path, headers, expect = 200) => client.exchange('GET', path, { headers, expect });
  const list = (path, key) => get(path).then(({ body }) => assertLength(JSON.parse(body)[key], page, path));
  const pulled = Array.from({ length: Math.min(workingSet, tags) }, () => randomInt(tags));
  const anyOf = (count) => Math.max(0, randomInt(count) - page - 1);
  return {
    'tags, first page': () => list(`/v2/growth/tags/tags/list?n=${page}`, 'tags'),
    'tags, deep page': () => list(`/v2/growth/tags/tags/list?n=${page}&last=${tagName(anyOf(tags))}`, 'tags'),
    'catalog, first page': () => list(`/v2/_catalog?n=${page}`, 'repositories'),
    'catalog, deep page': () => list(`/v2/_catalog?n=${page}&last=${repositoryName(anyOf(repositories))}`, 'repositories'),
    'referrers, first page': () => get(`/v2/growth/subject/referrers/${subjectDigest}`),
    'referrers, all pages': async () => {
      for (let path = `/v2/growth/subject/referrers/${subjectDigest}`; path;)
        path = /<([^>]+)>/.exec((await get(path)).headers.link ?? '')?.[1];
    },
    'manifest GET by tag': () => get(`/v2/growth/tags/manifests/${tagName(pulled[randomInt(pulled.length)])}`, accept),
    'manifest HEAD by tag, any': () =>
      client.exchange('HEAD', `/v2/growth/tags/manifests/${tagName(randomInt(tags))}`, { headers: accept, expect: 200 }),
    'manifest HEAD by tag, any repository': () =>
      client.exchange('HEAD', `/v2/${repositoryName(randomInt(repositories))}/manifests/latest`, { headers: accept, expect: 200 }),
    'unknown tag': () => get(`/v2/growth/tags/manifests/none-${randomInt(tags)}`, accept, 404),
    'blob HEAD, any': () => {
      const n = randomInt(blobs);
      return client.exchange('HEAD', `/v2/${repositoryOfBlob(n, repositories)}/blobs/${blobDigest(n)}`, { expect: 200 });
    },
    'blob HEAD, the layer that all have': () =>
      client.exchange('HEAD', `/v2/${repositoryName(randomInt(repositories))}/blobs/${baseDigest}`, { expect: 200 }),
    'manifest PUT': () => {
      const mark = `u-${run}-${(serial += 1)}`;
      const headers = { 'Content-Type': manifestType };
      return client.exchange('PUT', `/v2/growth/tags/manifests/${mark}`, { body: imageManifest(mark), headers, expect: 201 });
    },
    'upload start and cancel': async () => {
      const { headers } = await client.exchange('POST', '/v2/growth/target-0/blobs/uploads/', { expect: 202 });
      await client.exchange('DELETE', headers.location, { expect: 204 });
    },
    'push of 1 KB': () => {
      const body = Buffer.alloc(1_024, `${run} ${(serial += 1)} `);
      return client.exchange('POST', `/v2/growth/target-0/blobs/uploads/?digest=${digestOf(body)}`, { body, headers: octets, expect: 201 });
    },
    mount: () => {
      const at = (serial += 1);
      const n = at % blobs;
      const to = targetName(Math.floor(at / blobs) % targets);
      const query = `mount=${blobDigest(n)}&from=${repositoryOfBlob(n, repositories)}`;
      return client.exchange('POST', `/v2/${to}/blobs/uploads/?${query}`, { expect: 201 });
    },
    'mount of the layer that all have': () => {
      const query = `mount=${baseDigest}&from=${repositoryName(randomInt(repositories))}`;
      return client.exchange('POST', `/v2/growth/new-${run}-${(serial += 1)}/blobs/uploads/?${query}`, { expect: 201 });
    },
  };
}

function assertLength(list, length, path) {
  if (list.length !== length) throw new Error(`${path}: ${list.length} entries`);
}
