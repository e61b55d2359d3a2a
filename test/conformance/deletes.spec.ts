import { randomBytes } from 'node:crypto';
import { anArtifact, anImage, anIndex } from '../support/builders.js';
import { digestBytes } from '../support/content.js';
import type { HttpResponse } from '../support/http-response.js';
import { expectError, expectStatus } from './expectations.js';
import { describeEntrepot, freshName, http, isEntrepot, itEntrepot, registry } from './registry-under-test.js';

/** Deleting is optional in the spec: a registry that has it switched off says 400 or 405. */
function deleted(response: HttpResponse): boolean {
  if (!isEntrepot && [400, 405].includes(response.status)) return false;
  expectStatus(response, 202);
  return true;
}

describe('deleting a tag', () => {
  it('removes it at once, the manifest and its other tags stay', async () => {
    const name = freshName('delete');
    const image = await registry.push(name, anImage().tagged('gone', 'kept'));
    if (!deleted(await http.delete(`/v2/${name}/manifests/gone`))) return;
    expectStatus(await http.head(`/v2/${name}/manifests/gone`), 404);
    expectError(await http.get(`/v2/${name}/manifests/gone`), 404, 'MANIFEST_UNKNOWN');
    expect(await registry.tags(name)).toEqual(['kept']);
    for (const reference of ['kept', image.digest]) expect(await registry.resolve(name, 'manifests', reference)).toBe(image.digest);
  });

  itEntrepot('of a child or a subject is never in the way', async () => {
    const name = freshName('delete');
    const image = await registry.push(name, anImage().tagged('child'));
    await registry.push(name, anIndex().listing(image.descriptor).tagged('index'));
    expectStatus(await http.delete(`/v2/${name}/manifests/child`), 202);
  });
});

describe('deleting a manifest', () => {
  it('removes it and every tag on it at once', async () => {
    const name = freshName('delete');
    const image = await registry.push(name, anImage().tagged('a', 'b'));
    const other = await registry.push(name, anImage().tagged('c'));
    if (!deleted(await http.delete(`/v2/${name}/manifests/${image.digest}`))) return;
    for (const reference of [image.digest, 'a', 'b']) expectStatus(await http.head(`/v2/${name}/manifests/${reference}`), 404);
    expect(await registry.tags(name)).toEqual(['c']);
    expect(await registry.resolve(name, 'manifests', 'c')).toBe(other.digest);
  });

  it('it can be pushed again', async () => {
    const name = freshName('delete');
    const image = await registry.push(name, anImage().tagged('a'));
    if (!deleted(await http.delete(`/v2/${name}/manifests/${image.digest}`))) return;
    await registry.pushContent(name, image);
    expect(await registry.resolve(name, 'manifests', 'a')).toBe(image.digest);
  });

  itEntrepot('that an index lists is refused with 405 until the index is gone', async () => {
    const name = freshName('delete');
    const image = await registry.push(name, anImage());
    const index = await registry.push(name, anIndex().listing(image.descriptor));
    const refused = await http.delete(`/v2/${name}/manifests/${image.digest}`);
    expectError(refused, 405, 'UNSUPPORTED');
    expect(refused.header('Allow')).toBe('GET, HEAD, PUT');
    expect(refused.text()).toContain(index.digest);
    expect(await registry.resolve(name, 'manifests', image.digest)).toBe(image.digest);
    expectStatus(await http.delete(`/v2/${name}/manifests/${index.digest}`), 202);
    expectStatus(await http.delete(`/v2/${name}/manifests/${image.digest}`), 202);
  });

  itEntrepot('that others refer to as their subject is not refused', async () => {
    const name = freshName('delete');
    const image = await registry.push(name, anImage());
    await registry.push(name, anArtifact().withSubject(image));
    expectStatus(await http.delete(`/v2/${name}/manifests/${image.digest}`), 202);
  });

  itEntrepot('of one repository leaves the same one elsewhere', async () => {
    const [here, there] = [freshName('delete'), freshName('delete')];
    const image = await registry.push(here, anImage());
    await registry.pushContent(there, image);
    expectStatus(await http.delete(`/v2/${here}/manifests/${image.digest}`), 202);
    expect(await registry.resolve(there, 'manifests', image.digest)).toBe(image.digest);
  });
});

describe('deleting a blob', () => {
  it.each(isEntrepot ? (['sha256', 'sha512'] as const) : (['sha256'] as const))('of %s removes it at once', async (algorithm) => {
    const name = freshName('delete');
    const { digest } = await registry.pushBlob(name, randomBytes(100), algorithm);
    if (!deleted(await http.delete(`/v2/${name}/blobs/${digest}`))) return;
    expectStatus(await http.head(`/v2/${name}/blobs/${digest}`), 404);
    expectError(await http.get(`/v2/${name}/blobs/${digest}`), 404, 'BLOB_UNKNOWN');
  });

  it('it can be pushed again', async () => {
    const name = freshName('delete');
    const bytes = randomBytes(100);
    const { digest } = await registry.pushBlob(name, bytes);
    if (!deleted(await http.delete(`/v2/${name}/blobs/${digest}`))) return;
    await registry.pushBlob(name, bytes);
    expect((await http.get(`/v2/${name}/blobs/${digest}`)).body.equals(bytes)).toBe(true);
  });

  itEntrepot('leaves it in other repositories', async () => {
    const [here, there] = [freshName('delete'), freshName('delete')];
    const bytes = randomBytes(100);
    const { digest } = await registry.pushBlob(here, bytes);
    await registry.pushBlob(there, bytes);
    expectStatus(await http.delete(`/v2/${here}/blobs/${digest}`), 202);
    expectStatus(await http.get(`/v2/${here}/blobs/${digest}`), 404);
    expectStatus(await http.get(`/v2/${there}/blobs/${digest}`), 200);
  });

  itEntrepot('that a manifest uses is refused with 405 naming the manifest, until that is gone', async () => {
    const name = freshName('delete');
    const image = await registry.push(name, anImage());
    const digests = image.blobs.map((blob) => digestBytes(blob));
    for (const digest of digests) {
      const refused = await http.delete(`/v2/${name}/blobs/${digest}`);
      expectError(refused, 405, 'UNSUPPORTED');
      expect(refused.header('Allow')).toBe('GET, HEAD');
      expect(refused.text()).toContain(image.digest);
      expectStatus(await http.get(`/v2/${name}/blobs/${digest}`), 200);
    }
    expectStatus(await http.delete(`/v2/${name}/manifests/${image.digest}`), 202);
    for (const digest of digests) expectStatus(await http.delete(`/v2/${name}/blobs/${digest}`), 202);
  });
});

describeEntrepot('deleting what is not there', () => {
  const name = freshName('delete');
  beforeAll(() => registry.push(name, anImage()));

  it.each([
    ['a tag', 'manifests/none', 'MANIFEST_UNKNOWN'],
    ['a manifest', `manifests/${digestBytes('none')}`, 'MANIFEST_UNKNOWN'],
    ['a blob', `blobs/${digestBytes('none')}`, 'BLOB_UNKNOWN'],
  ])('%s: 404', async (_what, path, code) => {
    expectError(await http.delete(`/v2/${name}/${path}`), 404, code);
    expectStatus(await http.delete(`/v2/${freshName('nowhere')}/${path}`), 404);
  });

  it('twice: 404 the second time', async () => {
    const image = await registry.push(name, anImage().tagged('twice'));
    for (const path of ['manifests/twice', `manifests/${image.digest}`, `blobs/${digestBytes(image.blobs[0]!)}`]) {
      expectStatus(await http.delete(`/v2/${name}/${path}`), 202);
      expectStatus(await http.delete(`/v2/${name}/${path}`), 404);
    }
  });

  it.each(['manifests/sha256:short', 'blobs/sha256:short', 'blobs/latest'])('%s: 400 DIGEST_INVALID', async (path) => {
    expectError(await http.delete(`/v2/${name}/${path}`), 400, 'DIGEST_INVALID');
  });
});
