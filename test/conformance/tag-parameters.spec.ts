import { anImage, anIndex } from '../support/builders.js';
import { digestBytes } from '../support/content.js';
import { expectError, expectStatus } from './expectations.js';
import { describeEntrepot, freshName, http, registry } from './registry-under-test.js';

describeEntrepot('PUT manifests/<digest>?tag=…', () => {
  it.each(['sha256', 'sha512'] as const)('tags a %s manifest with all of them and names each in OCI-Tag', async (algorithm) => {
    const name = freshName('tagged');
    const index = anIndex().of(anImage().hashedWith(algorithm)).hashedWith(algorithm).build();
    await registry.pushParts(name, index);
    const response = expectStatus(await registry.putManifest(name, index.digest, index, { tag: ['v1', 'v1.0', 'latest'] }), 201);
    expect(response.all('OCI-Tag').flatMap((value) => value.split(/, */))).toEqual(['v1', 'v1.0', 'latest']);
    for (const tag of ['v1', 'v1.0', 'latest', index.digest]) {
      const pulled = expectStatus(await http.get(`/v2/${name}/manifests/${tag}`), 200);
      expect(pulled.header('Docker-Content-Digest')).toBe(index.digest);
      expect(pulled.body.equals(index.bytes)).toBe(true);
    }
    expect(await registry.tags(name)).toEqual(['latest', 'v1', 'v1.0']);
  });

  it.each([10, 100])('takes %i tags', async (count) => {
    const name = freshName('tagged');
    const image = anImage().build();
    await registry.pushParts(name, image);
    const tags = Array.from({ length: count }, (_, i) => `t${String(i).padStart(3, '0')}`);
    const response = expectStatus(await registry.putManifest(name, image.digest, image, { tag: tags }), 201);
    expect(response.all('OCI-Tag').flatMap((value) => value.split(/, */))).toEqual(tags);
    expect(await registry.tags(name)).toEqual(tags);
  });

  it('takes one tag twice, and a tag that is there already', async () => {
    const name = freshName('tagged');
    await registry.push(name, anImage().tagged('v1'));
    const image = anImage().build();
    await registry.pushParts(name, image);
    expectStatus(await registry.putManifest(name, image.digest, image, { tag: ['v1', 'v1'] }), 201);
    expect(await registry.resolve(name, 'manifests', 'v1')).toBe(image.digest);
  });

  it('sets all or none: one malformed tag, and nothing is stored', async () => {
    const name = freshName('tagged');
    const image = anImage().build();
    await registry.pushParts(name, image);
    expectError(await registry.putManifest(name, image.digest, image, { tag: ['good', '-bad'] }), 400, 'MANIFEST_INVALID');
    for (const reference of ['good', image.digest]) expect(await registry.resolve(name, 'manifests', reference)).toBeNull();
  });

  it('sets none where the digest is wrong', async () => {
    const name = freshName('tagged');
    const image = anImage().build();
    await registry.pushParts(name, image);
    expectError(await registry.putManifest(name, digestBytes('other'), image, { tag: 'good' }), 400, 'DIGEST_INVALID');
    expect(await registry.resolve(name, 'manifests', 'good')).toBeNull();
  });

  it('says no OCI-Tag where none was asked for', async () => {
    const name = freshName('tagged');
    const image = anImage().build();
    await registry.pushParts(name, image);
    expect((await registry.putManifest(name, image.digest, image)).header('OCI-Tag')).toBeUndefined();
  });
});
