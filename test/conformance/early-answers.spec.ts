import { randomBytes, randomUUID } from 'node:crypto';
import { mediaTypes } from '#oci';
import { anImage } from '../support/builders.js';
import { digestBytes } from '../support/content.js';
import { targetOf, withQuery } from '../support/registry.js';
import { expectError, expectPushedBlob, expectStatus } from './expectations.js';
import { describeEntrepot, freshName, http, isDirect, registry } from './registry-under-test.js';

const size = 100 * 1024 * 1024;
const piece = randomBytes(65_536);

/** 100 MB that are made as they are sent, and end when the answer is there. */
async function* endless(): AsyncGenerator<Buffer> {
  for (let sent = 0; sent < size; sent += piece.length) yield piece;
}

describeEntrepot('an answer while 100 MB are still on their way', () => {
  const name = freshName('early');

  it.each([
    ['of known length', { 'Content-Length': String(size), 'Content-Range': `5-${size + 4}` }],
    ['of unknown length', { 'Content-Range': `5-${size + 4}` }],
  ])('a PATCH at a wrong offset, %s, gets its 416 rather than a reset', async (_what, headers) => {
    const location = await registry.startUpload(name);
    const response = await http.patch(location, endless(), headers);
    expectError(response, 416, 'BLOB_UPLOAD_INVALID');
    if (isDirect) expect(response.header('Connection')).toBe('close');
    expectStatus(await http.get(location), 204);
  });

  it('a PATCH to an unknown session gets its 404', async () => {
    const response = await http.patch(`/v2/${name}/blobs/uploads/${randomUUID()}`, endless(), { 'Content-Length': String(size) });
    expectError(response, 404, 'BLOB_UPLOAD_UNKNOWN');
  });

  it('a PUT with a malformed digest gets its 400, and the session stays', async () => {
    const location = await registry.startUpload(name);
    const response = await http.put(withQuery(location, { digest: 'sha256:short' }), endless(), { 'Content-Length': String(size) });
    expectError(response, 400, 'DIGEST_INVALID');
    expectStatus(await http.get(location), 204);
  });

  it('a manifest of that size gets its 413', async () => {
    const headers = { 'Content-Type': mediaTypes.ociManifest };
    const announced = await http.put(`/v2/${name}/manifests/large`, endless(), { ...headers, 'Content-Length': String(size) });
    expectError(announced, 413, 'MANIFEST_INVALID');
    expectError(await http.put(`/v2/${name}/manifests/large`, endless(), headers), 413, 'MANIFEST_INVALID');
  });

  it('an upload to an invalid name gets its 400', async () => {
    const target = withQuery('/v2/Not/valid/blobs/uploads/', { digest: digestBytes('x') });
    expectError(await http.post(target, endless(), { 'Content-Length': String(size) }), 400, 'NAME_INVALID');
  });

  it('a body for a path that takes none gets its 405', async () => {
    expectError(await http.post(`/v2/${name}/tags/list`, endless(), { 'Content-Length': String(size) }), 405, 'UNSUPPORTED');
  });
});

/** A proxy asks for the body before it asks the registry. */
const unasked = isDirect ? [] : [100];

describeEntrepot('Expect: 100-continue', () => {
  const name = freshName('expect');
  const bytes = randomBytes(50_000);
  const headers = { 'Content-Length': '50000', 'Content-Type': 'application/octet-stream', Expect: '100-continue' };

  it.each(['PATCH', 'PUT', 'POST'])('%s: 100 is sent when the body is wanted, then it is stored', async (method) => {
    const digest = digestBytes(bytes);
    const location = await registry.startUpload(name);
    const target = { PATCH: location, PUT: withQuery(location, { digest }), POST: withQuery(`/v2/${name}/blobs/uploads/`, { digest }) }[
      method
    ]!;
    const exchange = await http.open(method, target, headers);
    await exchange.continued;
    expect(exchange.answered).toBe(false);
    await exchange.write(bytes);
    const response = await exchange.response;
    expect(response.interim).toEqual([100]);
    if (method !== 'PATCH') return expectPushedBlob(response, bytes);
    expectStatus(response, 202);
    await expectPushedBlob(await http.put(withQuery(targetOf(response), { digest })), bytes);
  });

  it('a manifest likewise', async () => {
    const image = anImage().build();
    await registry.pushParts(name, image);
    const exchange = await http.open('PUT', `/v2/${name}/manifests/expected`, {
      'Content-Length': String(image.bytes.length),
      'Content-Type': image.mediaType,
      Expect: '100-continue',
    });
    await exchange.continued;
    await exchange.write(image.bytes);
    expect((await exchange.response).status).toBe(201);
  });

  it('a manifest that turns out too large while it comes gets its 413 rather than a reset', async () => {
    const exchange = await http.open('PUT', `/v2/${name}/manifests/large`, { 'Transfer-Encoding': 'chunked', Expect: '100-continue' });
    await exchange.continued;
    for await (const bytes of endless()) {
      if (exchange.answered) break;
      await exchange.writeChunk(bytes);
    }
    expectError(await exchange.response, 413, 'MANIFEST_INVALID');
  });

  it.each<[string, string, string, number]>([
    ['an unknown session', 'PATCH', `/v2/${name}/blobs/uploads/${randomUUID()}`, 404],
    ['an invalid name', 'POST', `/v2/Not/valid/blobs/uploads/?digest=${digestBytes('x')}`, 400],
    ['an unknown path', 'PUT', '/v2/nothing', 404],
    ['a wrong method', 'PUT', `/v2/${name}/tags/list`, 405],
  ])('%s is refused without asking for the body', async (_what, method, target, status) => {
    const response = await (await http.open(method, target, headers)).response;
    expect([response.status, response.interim]).toEqual([status, unasked]);
  });

  it('a chunk out of order is refused without asking for the body', async () => {
    const location = await registry.startUpload(name);
    const exchange = await http.open('PATCH', location, { ...headers, 'Content-Range': '10-50009' });
    const response = await exchange.response;
    expect([response.status, response.interim]).toEqual([416, unasked]);
  });
});
