import { randomBytes } from 'node:crypto';
import type { DigestAlgorithm } from '#oci';
import { digestBytes } from '../support/content.js';
import { expectError, expectStatus } from './expectations.js';
import { describeEntrepot, freshName, http, isEntrepot, itEntrepot, registry } from './registry-under-test.js';

const algorithms: DigestAlgorithm[] = isEntrepot ? ['sha256', 'sha512'] : ['sha256'];

describe.each(algorithms)('pulling a %s blob', (algorithm) => {
  const name = freshName('pull');
  const bytes = randomBytes(2048);
  const target = `/v2/${name}/blobs/${digestBytes(bytes, algorithm)}`;
  beforeAll(() => registry.pushBlob(name, bytes, algorithm));

  it('GET answers the bytes, their length and their digest', async () => {
    const response = expectStatus(await http.get(target), 200);
    expect(response.body.equals(bytes)).toBe(true);
    expect(response.header('Content-Length')).toBe('2048');
    expect(response.header('Docker-Content-Digest')).toBe(digestBytes(bytes, algorithm));
  });

  it('HEAD answers the same headers and no body', async () => {
    const response = expectStatus(await http.head(target), 200);
    expect(response.body).toHaveLength(0);
    expect(response.header('Content-Length')).toBe('2048');
    expect(response.header('Docker-Content-Digest')).toBe(digestBytes(bytes, algorithm));
  });

  it('finds the blob when the colon is percent-encoded', async () => {
    expectStatus(await http.get(target.replace(`${algorithm}:`, `${algorithm}%3A`)), 200);
  });

  it.each([
    ['500-1499', 500, 1499],
    ['500-', 500, 2047],
    ['-500', 1548, 2047],
    ['2000-5000', 2000, 2047],
    ['0-0', 0, 0],
    ['2047-2047', 2047, 2047],
    ['-5000', 0, 2047],
    ['0-', 0, 2047],
  ])('Range: bytes=%s answers 206 with exactly those bytes', async (range, start, end) => {
    const response = expectStatus(await http.get(target, { Range: `bytes=${range}` }), 206);
    expect(response.header('Content-Range')).toBe(`bytes ${start}-${end}/2048`);
    expect(response.header('Content-Length')).toBe(String(end - start + 1));
    expect(response.body.equals(bytes.subarray(start, end + 1))).toBe(true);
  });

  // RFC 9110 lets a server ignore `500-0` as malformed; clients expect the refusal.
  it.each(['5000-10000', '500-0'])('Range: bytes=%s answers 416', async (range) => {
    expectError(await http.get(target, { Range: `bytes=${range}` }), 416, 'SIZE_INVALID');
  });

  itEntrepot.each(['2048-', '2048-2048', '-0', '99999999999999999999-'])('Range: bytes=%s answers 416 and the size', async (range) => {
    const response = await http.get(target, { Range: `bytes=${range}` });
    expectError(response, 416, 'SIZE_INVALID');
    expect(response.header('Content-Range')).toBe('bytes */2048');
  });

  itEntrepot.each(['items=0-5', 'bytes=abc', 'bytes=', 'bytes', 'bytes=1-2-3', '0-5'])(
    'ignores a Range it does not understand: %s',
    async (range) => {
      const response = expectStatus(await http.get(target, { Range: range }), 200);
      expect(response.body).toHaveLength(2048);
    },
  );

  it('answers several ranges with the whole blob or a multipart, never with wrong bytes', async () => {
    const response = await http.get(target, { Range: 'bytes=0-1,5-6' });
    if (response.status === 206) expect(response.header('Content-Type')).toMatch(/^multipart\/byteranges/);
    else expect([response.status, response.body.length]).toEqual([200, 2048]);
  });
});

describe('what is not there', () => {
  const name = freshName('absent');
  const unknown = digestBytes(randomBytes(32));
  beforeAll(() => registry.pushBlob(name, Buffer.from('something else')));

  it('GET answers 404 BLOB_UNKNOWN', async () => {
    expectError(await http.get(`/v2/${name}/blobs/${unknown}`), 404, 'BLOB_UNKNOWN');
  });

  it('HEAD answers 404 without a body', async () => {
    const response = expectStatus(await http.head(`/v2/${name}/blobs/${unknown}`), 404);
    expect(response.body).toHaveLength(0);
  });

  it('answers 404 in a repository that does not exist', async () => {
    expectStatus(await http.get(`/v2/${freshName('nowhere')}/blobs/${unknown}`), 404);
  });

  it('answers 404 for a blob that only another repository has', async () => {
    const { digest } = await registry.pushBlob(freshName('other'), randomBytes(64));
    expectStatus(await http.get(`/v2/${name}/blobs/${digest}`), 404);
    expectStatus(await http.head(`/v2/${name}/blobs/${digest}`), 404);
  });

  itEntrepot.each([
    'sha256:baddigeststring',
    `sha256:${'A'.repeat(64)}`,
    `sha256:${'a'.repeat(63)}`,
    `sha512:${'a'.repeat(64)}`,
    `md5:${'a'.repeat(32)}`,
    'latest',
  ])('answers 400 DIGEST_INVALID for %s', async (digest) => {
    expectError(await http.get(`/v2/${name}/blobs/${digest}`), 400, 'DIGEST_INVALID');
    expectStatus(await http.head(`/v2/${name}/blobs/${digest}`), 400);
  });
});

describeEntrepot('how blobs are served', () => {
  const name = freshName('served');
  const bytes = Buffer.from('<script>alert(1)</script>');
  const target = `/v2/${name}/blobs/${digestBytes(bytes)}`;
  beforeAll(() => registry.pushBlob(name, bytes));

  it('is never a type a browser would run', async () => {
    const response = await http.get(target, { Accept: 'text/html' });
    expect(response.header('Content-Type')).toBe('application/octet-stream');
    expect(response.header('X-Content-Type-Options')).toBe('nosniff');
  });

  it('answers 304 to who has it already', async () => {
    const etag = (await http.get(target)).need('ETag');
    for (const condition of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const response = expectStatus(await http.get(target, { 'If-None-Match': condition }), 304);
      expect(response.body).toHaveLength(0);
      expect(response.header('ETag')).toBe(etag);
    }
    expectStatus(await http.head(target, { 'If-None-Match': etag }), 304);
  });

  it('answers the bytes to who has something else', async () => {
    expectStatus(await http.get(target, { 'If-None-Match': '"something"' }), 200);
  });

  it('says that ranges work', async () => {
    expect((await http.head(target)).header('Accept-Ranges')).toBe('bytes');
  });

  it('serves a range only while the blob is the one the client began with', async () => {
    const etag = (await http.head(target)).need('ETag');
    expectStatus(await http.get(target, { Range: 'bytes=1-3', 'If-Range': etag }), 206);
    expectStatus(await http.get(target, { Range: 'bytes=1-3', 'If-Range': '"another"' }), 200);
  });
});

describe('well-known contents', () => {
  const name = freshName('known');

  it.each(algorithms.flatMap((algorithm) => ['', '{}'].map((text) => [algorithm, JSON.stringify(text), text] as const)))(
    '%s of %s can be pushed and pulled',
    async (algorithm, _shown, text) => {
      const { digest } = await registry.pushBlob(name, Buffer.from(text), algorithm);
      const response = expectStatus(await http.get(`/v2/${name}/blobs/${digest}`), 200);
      expect(response.text()).toBe(text);
      expect((await http.head(`/v2/${name}/blobs/${digest}`)).header('Content-Length')).toBe(String(text.length));
    },
  );
});
