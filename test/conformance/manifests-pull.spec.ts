import { mediaTypes } from '#oci';
import { anImage, anIndex } from '../support/builders.js';
import { digestBytes, type Content } from '../support/content.js';
import { expectError, expectStatus } from './expectations.js';
import { describeEntrepot, freshName, http, itEntrepot, registry } from './registry-under-test.js';

const name = freshName('pull');
let image: Content;
let index: Content;
beforeAll(async () => {
  image = await registry.push(name, anImage().tagged('image'));
  index = await registry.push(name, anIndex().of(anImage(), anImage()).tagged('index'));
});
const both = { Accept: [mediaTypes.ociIndex, mediaTypes.ociManifest] };

describe('pulling a manifest', () => {
  it.each([
    ['an image by tag', () => 'image', () => image],
    ['an image by digest', () => image.digest, () => image],
    ['an index by tag', () => 'index', () => index],
    ['an index by digest', () => index.digest, () => index],
  ])('%s: GET answers bytes, type, length and digest, HEAD the same without the bytes', async (_what, reference, content) => {
    const target = `/v2/${name}/manifests/${reference()}`;
    const [got, asked] = [expectStatus(await http.get(target, both), 200), expectStatus(await http.head(target, both), 200)];
    expect(got.body.equals(content().bytes)).toBe(true);
    expect(asked.body).toHaveLength(0);
    for (const response of [got, asked]) {
      expect(response.header('Content-Type')).toBe(content().mediaType);
      expect(response.header('Content-Length')).toBe(String(content().bytes.length));
      expect(response.header('Docker-Content-Digest')).toBe(content().digest);
    }
  });

  it.each([
    ['by tag', 'missing-tag'],
    ['by digest', digestBytes('no such manifest')],
  ])('404 MANIFEST_UNKNOWN %s where there is none', async (_how, reference) => {
    expectError(await http.get(`/v2/${name}/manifests/${reference}`, both), 404, 'MANIFEST_UNKNOWN');
    const asked = expectStatus(await http.head(`/v2/${name}/manifests/${reference}`, both), 404);
    expect(asked.body).toHaveLength(0);
  });

  it('404 in a repository that does not exist', async () => {
    expectStatus(await http.get(`/v2/${freshName('nowhere')}/manifests/latest`), 404);
  });

  it('404 by a digest that only another repository has', async () => {
    const other = await registry.push(freshName('other'), anImage());
    expectStatus(await http.get(`/v2/${name}/manifests/${other.digest}`), 404);
  });

  itEntrepot('400 DIGEST_INVALID by a digest that is none', async () => {
    expectError(await http.get(`/v2/${name}/manifests/sha256:baddigeststring`), 400, 'DIGEST_INVALID');
  });
});

describeEntrepot('what the client accepts', () => {
  it.each([
    ['nothing said', {}],
    ['anything', { Accept: '*/*' }],
    ['its type and anything', { Accept: `${mediaTypes.ociManifest}, */*` }],
    ['another type only', { Accept: 'application/vnd.docker.distribution.manifest.v1+json' }],
    ['with weights', { Accept: 'text/html;q=0.9, */*;q=0.1' }],
    ['nonsense', { Accept: ';;;,' }],
  ])('%s: the stored manifest under its stored type', async (_what, headers) => {
    for (const method of ['GET', 'HEAD']) {
      const response = expectStatus(await http.request(method, `/v2/${name}/manifests/image`, { headers }), 200);
      expect(response.header('Content-Type')).toBe(mediaTypes.ociManifest);
    }
  });
});

describeEntrepot('conditional requests', () => {
  it('answers 304 to who has the manifest already', async () => {
    const etag = (await http.get(`/v2/${name}/manifests/image`)).need('ETag');
    for (const method of ['GET', 'HEAD']) {
      const response = expectStatus(await http.request(method, `/v2/${name}/manifests/image`, { headers: { 'If-None-Match': etag } }), 304);
      expect(response.body).toHaveLength(0);
    }
    expectStatus(await http.get(`/v2/${name}/manifests/image`, { 'If-None-Match': '"another"' }), 200);
  });
});
