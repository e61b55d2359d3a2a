import { randomBytes } from 'node:crypto';
import { createHash } from 'node:crypto';
import type { DigestAlgorithm } from '#oci';
import { digestBytes } from '../support/content.js';
import { targetOf, withQuery } from '../support/registry.js';
import { expectError, expectPushedBlob, expectStatus } from './expectations.js';
import { describeEntrepot, freshName, http, isEntrepot, itEntrepot, registry } from './registry-under-test.js';

const algorithms: DigestAlgorithm[] = isEntrepot ? ['sha256', 'sha512'] : ['sha256'];
const uploads = (name: string) => `/v2/${name}/blobs/uploads/`;
const octets = { 'Content-Type': 'application/octet-stream' };

describe.each(algorithms)('POST, then PUT with a %s digest', (algorithm) => {
  const name = freshName('put');

  it.each([0, 1, 512, 70_000, 5_000_000])('stores %i bytes', async (size) => {
    const bytes = randomBytes(size);
    const location = await registry.startUpload(name);
    const response = await http.put(withQuery(location, { digest: digestBytes(bytes, algorithm) }), bytes, octets);
    await expectPushedBlob(response, bytes, algorithm);
  });

  it('refuses bytes that have another digest, and shows nothing of them', async () => {
    const bytes = randomBytes(3067);
    const claimed = digestBytes(bytes, algorithm);
    const location = await registry.startUpload(name);
    const corrupt = Buffer.concat([bytes, Buffer.from('oh no')]);
    expectError(await http.put(withQuery(location, { digest: claimed }), corrupt, octets), 400, 'DIGEST_INVALID');
    for (const digest of [claimed, digestBytes(corrupt, algorithm)]) expectStatus(await http.head(`/v2/${name}/blobs/${digest}`), 404);
  });

  itEntrepot('ends the session of a wrong digest', async () => {
    const location = await registry.startUpload(name);
    const digest = digestBytes('expected', algorithm);
    expectError(await http.put(withQuery(location, { digest }), 'unexpected', octets), 400, 'DIGEST_INVALID');
    expectError(await http.put(withQuery(location, { digest }), 'expected', octets), 404, 'BLOB_UPLOAD_UNKNOWN');
    expectError(await http.get(location), 404, 'BLOB_UPLOAD_UNKNOWN');
  });

  it('takes a blob again that is there already', async () => {
    const bytes = randomBytes(400);
    await registry.pushBlob(name, bytes, algorithm);
    await registry.pushBlob(name, bytes, algorithm);
    expectStatus(await http.get(`/v2/${name}/blobs/${digestBytes(bytes, algorithm)}`), 200);
  });
});

describe('opening a session', () => {
  it('answers 202 with a Location', async () => {
    const response = expectStatus(await http.post(uploads(freshName('open'))), 202);
    expect(response.header('Location')).toBeTruthy();
  });

  itEntrepot('answers Range 0-0 and a Docker-Upload-UUID, and asks for no minimum chunk', async () => {
    const response = await http.post(uploads(freshName('open')));
    expect(response.header('Range')).toBe('0-0');
    expect(targetOf(response)).toContain(response.need('Docker-Upload-UUID'));
    expect(response.header('OCI-Chunk-Min-Length')).toBeUndefined();
    expect(response.header('Content-Length')).toBe('0');
  });

  itEntrepot('works without the trailing slash', async () => {
    expectStatus(await http.post(`/v2/${freshName('open')}/blobs/uploads`), 202);
  });

  it('gives every upload a session of its own', async () => {
    const name = freshName('open');
    const locations = await Promise.all(Array.from({ length: 8 }, () => registry.startUpload(name)));
    expect(new Set(locations).size).toBe(8);
  });

  it('lets several uploads of one blob run at once', async () => {
    const name = freshName('race');
    const bytes = randomBytes(200_000);
    const pushes = await Promise.all(Array.from({ length: 6 }, () => registry.pushBlob(name, bytes)));
    expect(new Set(pushes.map(({ digest }) => digest)).size).toBe(1);
    expect((await http.get(`/v2/${name}/blobs/${digestBytes(bytes)}`)).body.equals(bytes)).toBe(true);
  });
});

describeEntrepot('a single POST', () => {
  const name = freshName('post');

  it.each(algorithms.flatMap((algorithm) => [0, 512, 300_000].map((size) => [algorithm, size] as const)))(
    'stores a %s blob of %i bytes in one request',
    async (algorithm, size) => {
      const bytes = randomBytes(size);
      const response = await http.post(withQuery(uploads(name), { digest: digestBytes(bytes, algorithm) }), bytes, octets);
      await expectPushedBlob(response, bytes, algorithm);
    },
  );

  it('takes a body of unknown length', async () => {
    const bytes = randomBytes(100_000);
    const pieces = (async function* () {
      yield bytes.subarray(0, 1);
      yield bytes.subarray(1);
    })();
    await expectPushedBlob(await http.post(withQuery(uploads(name), { digest: digestBytes(bytes) }), pieces, octets), bytes);
  });

  it.each(algorithms)('refuses bytes that have another %s digest', async (algorithm) => {
    const digest = digestBytes('expected', algorithm);
    expectError(await http.post(withQuery(uploads(name), { digest }), 'unexpected', octets), 400, 'DIGEST_INVALID');
    expectStatus(await http.head(`/v2/${name}/blobs/${digest}`), 404);
  });

  it.each(['sha256:nothex', 'sha256', `md5:${'a'.repeat(32)}`])('refuses the digest %j', async (digest) => {
    expectError(await http.post(withQuery(uploads(name), { digest }), 'bytes', octets), 400, 'DIGEST_INVALID');
  });
});

describe('closing with a bad digest parameter', () => {
  const name = freshName('closing');

  it.each([
    ['malformed', { digest: 'sha256:baddigeststring' }],
    ['upper case', { digest: `sha256:${createHash('sha256').update('bytes').digest('hex').toUpperCase()}` }],
    ['of an unknown algorithm', { digest: `md5:${'0'.repeat(32)}` }],
    ['empty', { digest: '' }],
    ['missing', {}],
  ])('%s: 400, and the session stays usable', async (_what, query) => {
    const location = await registry.startUpload(name);
    const patched = expectStatus(await http.patch(location, 'bytes', octets), 202);
    const latest = targetOf(patched);
    expectError(await http.put(withQuery(latest, query)), 400, 'DIGEST_INVALID');
    if (!isEntrepot) return;
    const again = await http.put(withQuery(latest, { digest: digestBytes('bytes') }));
    await expectPushedBlob(again, Buffer.from('bytes'));
  });
});

describeEntrepot('announcing the algorithm', () => {
  const name = freshName('algorithm');

  it.each(algorithms)('POST ?digest-algorithm=%s opens a session for it', async (algorithm) => {
    const bytes = randomBytes(5000);
    const location = await registry.startUpload(name, { 'digest-algorithm': algorithm });
    const patched = expectStatus(await http.patch(location, bytes, octets), 202);
    await expectPushedBlob(await http.put(withQuery(targetOf(patched), { digest: digestBytes(bytes, algorithm) })), bytes, algorithm);
  });

  it.each(['md5', 'SHA256', 'sha1'])('refuses %j with 400', async (algorithm) => {
    expectError(await http.post(withQuery(uploads(name), { 'digest-algorithm': algorithm })), 400, 'DIGEST_INVALID');
  });

  it.each([
    ['sha256', 'sha512'],
    ['sha512', 'sha256'],
  ] as const)('believes the closing PUT where %s was announced and %s is claimed', async (announced, claimed) => {
    const bytes = randomBytes(9000);
    const location = await registry.startUpload(name, { 'digest-algorithm': announced });
    const patched = expectStatus(await http.patch(location, bytes, octets), 202);
    await expectPushedBlob(await http.put(withQuery(targetOf(patched), { digest: digestBytes(bytes, claimed) })), bytes, claimed);
  });
});
