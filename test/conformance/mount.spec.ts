import { randomBytes } from 'node:crypto';
import type { DigestAlgorithm } from '#oci';
import { anImage } from '../support/builders.js';
import { digestBytes } from '../support/content.js';
import { targetOf, withQuery } from '../support/registry.js';
import { expectError, expectPushedBlob, expectStatus } from './expectations.js';
import { describeEntrepot, freshName, http, isEntrepot, registry } from './registry-under-test.js';

const algorithms: DigestAlgorithm[] = isEntrepot ? ['sha256', 'sha512'] : ['sha256'];
const mount = (name: string, query: Record<string, string>) => http.post(withQuery(`/v2/${name}/blobs/uploads/`, query));

describe.each(algorithms)('mounting a %s blob from another repository', (algorithm) => {
  it('answers 201, and the blob can be pulled', async () => {
    const [from, to] = [freshName('from'), freshName('to')];
    const bytes = randomBytes(512);
    const { digest } = await registry.pushBlob(from, bytes, algorithm);
    const response = await mount(to, { mount: digest, from });
    if (!isEntrepot && response.status === 202) return;
    await expectPushedBlob(response, bytes, algorithm);
    expectStatus(await http.head(`/v2/${to}/blobs/${digest}`), 200);
  });

  it('opens a session where the other repository does not have it', async () => {
    const bytes = randomBytes(512);
    const digest = digestBytes(bytes, algorithm);
    const to = freshName('to');
    const response = expectStatus(await mount(to, { mount: digest, from: freshName('from') }), 202);
    await expectPushedBlob(await http.put(withQuery(targetOf(response), { digest }), bytes), bytes, algorithm);
  });
});

describeEntrepot('mounting without saying from where', () => {
  it.each(algorithms)('answers 201 for a %s blob that is readable somewhere', async (algorithm) => {
    const bytes = randomBytes(512);
    const { digest } = await registry.pushBlob(freshName('from'), bytes, algorithm);
    await expectPushedBlob(await mount(freshName('to'), { mount: digest }), bytes, algorithm);
  });

  it('opens a session for a blob that is nowhere', async () => {
    const bytes = randomBytes(512);
    const response = expectStatus(await mount(freshName('to'), { mount: digestBytes(bytes) }), 202);
    expect(response.header('Range')).toBe('0-0');
    await expectPushedBlob(await http.put(withQuery(targetOf(response), { digest: digestBytes(bytes) }), bytes), bytes);
  });
});

describeEntrepot('what a mount never does', () => {
  it('answer 403 or 404: a source that does not exist or has no such blob opens a session', async () => {
    const digest = digestBytes(randomBytes(8));
    const source = freshName('source');
    await registry.pushBlob(source, Buffer.from('other'));
    for (const from of ['no/such/repository', source, freshName('nowhere')])
      expectStatus(await mount(freshName('to'), { mount: digest, from }), 202);
  });

  it('take it from elsewhere when the named source lacks it', async () => {
    const bytes = randomBytes(64);
    const { digest } = await registry.pushBlob(freshName('has-it'), bytes);
    const to = freshName('to');
    expectStatus(await mount(to, { mount: digest, from: freshName('lacks-it') }), 202);
    expectStatus(await http.head(`/v2/${to}/blobs/${digest}`), 404);
  });

  it('mount a manifest as a blob', async () => {
    const from = freshName('from');
    const image = await registry.push(from, anImage());
    expectStatus(await mount(freshName('to'), { mount: image.digest, from }), 202);
  });

  it('open a session for a malformed digest', async () => {
    expectError(await mount(freshName('to'), { mount: 'sha256:short', from: 'any/repository' }), 400, 'DIGEST_INVALID');
    expectError(await mount(freshName('to'), { mount: 'sha256:short' }), 400, 'DIGEST_INVALID');
  });

  it('lose the blob when its source deletes it', async () => {
    const [from, to] = [freshName('from'), freshName('to')];
    const bytes = randomBytes(99);
    const { digest } = await registry.pushBlob(from, bytes);
    expectStatus(await mount(to, { mount: digest, from }), 201);
    expectStatus(await http.delete(`/v2/${from}/blobs/${digest}`), 202);
    expectStatus(await http.get(`/v2/${from}/blobs/${digest}`), 404);
    expect((await http.get(`/v2/${to}/blobs/${digest}`)).body.equals(bytes)).toBe(true);
  });

  it('mind mounting what the repository has already', async () => {
    const name = freshName('same');
    const { digest } = await registry.pushBlob(name, randomBytes(10));
    expectStatus(await mount(name, { mount: digest, from: name }), 201);
  });
});
