import { randomBytes } from 'node:crypto';
import { digestBytes } from '../support/content.js';
import type { Exchange } from '../support/exchange.js';
import { targetOf, withQuery } from '../support/registry.js';
import { expectError, expectPushedBlob, expectStatus } from './expectations.js';
import { describeEntrepot, freshName, http, registry } from './registry-under-test.js';

/** A registry whose idle time-out we don't know could keep us waiting for minutes. */
const describeWithShortTimeout = process.env['REGISTRY_IDLE_SECONDS'] ? describeEntrepot : describe.skip;

describeWithShortTimeout('a client that falls silent in its body', () => {
  it.each([
    ['of announced length', { 'Content-Length': '200000' }],
    ['of unknown length', { 'Transfer-Encoding': 'chunked' }],
  ])('%s is told so after the idle time-out, and can go on from what is stored', async (_what, framing) => {
    const bytes = randomBytes(200_000);
    const location = await registry.startUpload(freshName('silent'));
    const exchange = await http.open('PATCH', location, framing);
    const half = bytes.subarray(0, 100_000);
    await ('Content-Length' in framing ? exchange.write(half) : exchange.writeChunk(half));
    expectError(await exchange.response, 400, 'SIZE_INVALID');
    expect((await http.get(location)).header('Range')).toBe('0-99999');
    const patched = expectStatus(await http.patch(location, bytes.subarray(100_000), { 'Content-Range': '100000-199999' }), 202);
    await expectPushedBlob(await http.put(withQuery(targetOf(patched), { digest: digestBytes(bytes) })), bytes);
  });

  it('in a manifest is told so, and nothing is stored', async () => {
    const name = freshName('silent');
    const exchange = await http.open('PUT', `/v2/${name}/manifests/latest`, { 'Content-Length': '1000' });
    await exchange.write('{"schemaVersion":2');
    expectError(await exchange.response, 400, 'SIZE_INVALID');
    expectStatus(await http.head(`/v2/${name}/manifests/latest`), 404);
  });
});

describeWithShortTimeout('three hundred silent clients', () => {
  const silent: Exchange[] = [];
  afterAll(() => silent.forEach((exchange) => exchange.cut()));

  it('do not keep others from pushing and pulling', async () => {
    const name = freshName('silent');
    for (let i = 0; i < 300; i++) {
      const exchange = await http.open('PATCH', await registry.startUpload(name), { 'Content-Length': '50000000' });
      await exchange.write('x');
      silent.push(exchange);
    }
    const bytes = randomBytes(3_000_000);
    const { digest } = await registry.pushBlob(name, bytes);
    expect(silent.some(({ answered }) => !answered)).toBe(true);
    expect((await http.get(`/v2/${name}/blobs/${digest}`)).body.equals(bytes)).toBe(true);
  });
});
