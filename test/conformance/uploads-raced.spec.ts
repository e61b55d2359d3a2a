import { randomBytes } from 'node:crypto';
import { digestBytes } from '../support/content.js';
import type { Exchange } from '../support/exchange.js';
import { withQuery } from '../support/registry.js';
import { expectError, expectStatus } from './expectations.js';
import { describeEntrepot, freshName, http, isDirect, registry } from './registry-under-test.js';

const size = 1000;

/** Begins a request with a body; when this resolves, the registry has given it the session and waits for its bytes. */
async function holding(method: string, target: string): Promise<Exchange> {
  const exchange = await http.open(method, target, { 'Content-Length': String(size), Expect: '100-continue' });
  await exchange.continued;
  return exchange;
}

(isDirect ? describeEntrepot : describe.skip)('of two requests on one session', () => {
  const name = freshName('raced');

  it.each([
    ['the same bytes', true],
    ['other bytes', false],
  ])('that both close it, with %s, the later one wins, and what was acknowledged stays readable', async (_what, same) => {
    const location = await registry.startUpload(name);
    const [one, other] = [randomBytes(size), randomBytes(size)];
    const winning = same ? one : other;
    const early = await holding('PUT', withQuery(location, { digest: digestBytes(one) }));
    await early.write(one.subarray(0, size - 1));
    const late = await holding('PUT', withQuery(location, { digest: digestBytes(winning) }));
    await early.write(one.subarray(size - 1));
    expectError(await early.response, 416, 'BLOB_UPLOAD_INVALID');
    await late.write(winning);
    expectStatus(await late.response, 201);
    const blob = expectStatus(await http.get(`/v2/${name}/blobs/${digestBytes(winning)}`), 200);
    expect(blob.body.equals(winning)).toBe(true);
  });

  it('that an empty PUT closes under a running PATCH, the blob is what was recorded', async () => {
    const location = await registry.startUpload(name);
    const bytes = randomBytes(size);
    expectStatus(await http.patch(location, bytes), 202);
    const running = await holding('PATCH', location);
    await running.write(randomBytes(size - 1));
    expectStatus(await http.put(withQuery(location, { digest: digestBytes(bytes) })), 201);
    await running.write(randomBytes(1));
    expectError(await running.response, 416, 'BLOB_UPLOAD_INVALID');
    const blob = expectStatus(await http.get(`/v2/${name}/blobs/${digestBytes(bytes)}`), 200);
    expect(blob.body.equals(bytes)).toBe(true);
  });

  it.each([
    ['what the overtaken one sent counts for nothing', true],
    ['what the other one sent counts', false],
  ])('%s', async (_what, overtaken) => {
    const location = await registry.startUpload(name);
    const [lost, kept, last] = [randomBytes(size), randomBytes(size), randomBytes(size)];
    const early = await holding('PATCH', location);
    await early.write(lost.subarray(0, size - 1));
    expectStatus(await http.patch(location, kept), 202);
    await early.write(lost.subarray(size - 1));
    expectError(await early.response, 416, 'BLOB_UPLOAD_INVALID');
    expectStatus(await http.patch(location, last), 202);
    const whole = Buffer.concat([overtaken ? lost : kept, last]);
    const closing = await http.put(withQuery(location, { digest: digestBytes(whole) }));
    const found = await http.get(`/v2/${name}/blobs/${digestBytes(whole)}`);
    if (overtaken) {
      expectError(closing, 400, 'DIGEST_INVALID');
      expectError(found, 404, 'BLOB_UNKNOWN');
    } else {
      expectStatus(closing, 201);
      expect(found.body.equals(whole)).toBe(true);
    }
  });
});
