import { randomBytes } from 'node:crypto';
import type { DigestAlgorithm } from '#oci';
import { digestBytes } from '../support/content.js';
import { targetOf, withQuery } from '../support/registry.js';
import { expectError, expectPushedBlob, expectStatus } from './expectations.js';
import { describeEntrepot, freshName, http, isEntrepot, itEntrepot, registry } from './registry-under-test.js';

const algorithms: DigestAlgorithm[] = isEntrepot ? ['sha256', 'sha512'] : ['sha256'];
const octets = { 'Content-Type': 'application/octet-stream' };
const ranged = (start: number, end: number) => ({ ...octets, 'Content-Range': `${start}-${end}` });

/** Sends bytes[start..end] as one chunk and answers where the next one goes. */
async function patchChunk(location: string, bytes: Buffer, start: number, end: number): Promise<string> {
  const response = expectStatus(await http.patch(location, bytes.subarray(start, end + 1), ranged(start, end)), 202);
  if (isEntrepot) expect(response.header('Range')).toBe(`0-${end}`);
  return targetOf(response);
}

describe.each(algorithms)('a %s blob in chunks', (algorithm) => {
  const name = freshName('chunks');
  const bytes = randomBytes(3067);
  const digest = digestBytes(bytes, algorithm);

  it.each([
    ['one chunk, then an empty PUT', [3067], 0],
    ['three chunks, then an empty PUT', [1024, 1024, 1019], 0],
    ['two chunks, the last one in the PUT', [1024, 1024], 1019],
    ['chunks of very different sizes', [1, 3000, 65, 1], 0],
  ])('%s', async (_what, sizes, last) => {
    let location = await registry.startUpload(name);
    let offset = 0;
    for (const size of sizes) {
      location = await patchChunk(location, bytes, offset, offset + size - 1);
      offset += size;
    }
    const target = withQuery(location, { digest });
    const closing = last ? await http.put(target, bytes.subarray(offset), ranged(offset, offset + last - 1)) : await http.put(target);
    await expectPushedBlob(closing, bytes, algorithm);
  });

  it('recovers from chunks out of order, ahead and back, each answered by 416', async () => {
    let location = await registry.startUpload(name);
    for (let start = 0; start < 3067; start += 1024) {
      const wrong = start + 1024 < 3067 ? start + 1024 : 0;
      const wrongEnd = Math.min(wrong + 1023, 3066);
      const refused = await http.patch(location, bytes.subarray(wrong, wrongEnd + 1), ranged(wrong, wrongEnd));
      expectError(refused, 416, 'BLOB_UPLOAD_INVALID');
      const status = expectStatus(await http.get(location), 204);
      expect(status.header('Range')).toBe(start === 0 ? '0-0' : `0-${start - 1}`);
      location = await patchChunk(targetOf(status), bytes, start, Math.min(start + 1023, 3066));
    }
    await expectPushedBlob(await http.put(withQuery(location, { digest })), bytes, algorithm);
  });

  it('recovers from a closing PUT whose chunk is out of order', async () => {
    const location = await patchChunk(await registry.startUpload(name), bytes, 0, 1023);
    const refused = await http.put(withQuery(location, { digest }), bytes.subarray(2048), ranged(2048, 3066));
    expectError(refused, 416, 'BLOB_UPLOAD_INVALID');
    const status = expectStatus(await http.get(location), 204);
    expect(status.header('Range')).toBe('0-1023');
    const closing = await http.put(withQuery(targetOf(status), { digest }), bytes.subarray(1024), ranged(1024, 3066));
    await expectPushedBlob(closing, bytes, algorithm);
  });

  it.each([
    ['in an empty PUT', false],
    ['with the last chunk in the PUT', true],
  ])('refuses a wrong digest %s', async (_what, withLastChunk) => {
    const wrong = digestBytes(Buffer.concat([bytes, Buffer.from('oh no')]), algorithm);
    let location = await patchChunk(await registry.startUpload(name), bytes, 0, 1023);
    if (!withLastChunk) location = await patchChunk(location, bytes, 1024, 3066);
    const target = withQuery(location, { digest: wrong });
    const closing = withLastChunk ? await http.put(target, bytes.subarray(1024), ranged(1024, 3066)) : await http.put(target);
    expectError(closing, 400, 'DIGEST_INVALID');
    expectStatus(await http.head(`/v2/${name}/blobs/${wrong}`), 404);
  });
});

describe('a chunk that does not start where the session stands', () => {
  const name = freshName('order');
  const bytes = randomBytes(300);

  it.each([
    ['PATCH', 'the first chunk does not begin with 0', 0, 1],
    ['PATCH', 'the chunk leaves a gap', 100, 101],
    ['PATCH', 'the chunk is sent again', 100, 0],
    ['PATCH', 'the chunk overlaps', 100, 99],
    ['PUT', 'the last chunk leaves a gap', 100, 200],
    ['PUT', 'the last chunk overlaps', 100, 50],
  ])('%s: 416 when %s', async (method, _why, stored, start) => {
    const opened = await registry.startUpload(name);
    const location = stored ? await patchChunk(opened, bytes, 0, stored - 1) : opened;
    const target = method === 'PUT' ? withQuery(location, { digest: digestBytes(bytes) }) : location;
    const refused = await http.request(method, target, { body: bytes.subarray(start), headers: ranged(start, 299) });
    expectError(refused, 416, 'BLOB_UPLOAD_INVALID');
    expect((await http.get(location)).header('Range')).toBe(stored ? `0-${stored - 1}` : '0-0');
  });

  itEntrepot('416 also at a stale Location', async () => {
    const first = await registry.startUpload(name);
    await patchChunk(first, bytes, 0, 99);
    expectError(await http.patch(first, bytes.subarray(0, 100), ranged(0, 99)), 416, 'BLOB_UPLOAD_INVALID');
    expectStatus(await http.patch(first, bytes.subarray(100), ranged(100, 299)), 202);
  });
});

describeEntrepot('a Content-Range as HTTP spells it, with unit and size', () => {
  it.each([
    ['bytes 0-9/10', 'bytes 10-19/20'],
    ['bytes 0-9/*', 'bytes 10-19/*'],
    ['bytes=0-9', 'bytes=10-19'],
  ])('%s is taken, and out of order it is 416', async (first, second) => {
    const bytes = randomBytes(20);
    const location = await registry.startUpload(freshName('unit'));
    const send = (range: string, from: number) =>
      http.patch(location, bytes.subarray(from, from + 10), { ...octets, 'Content-Range': range });
    expectError(await send(second, 10), 416, 'BLOB_UPLOAD_INVALID');
    expect(expectStatus(await send(first, 0), 202).header('Range')).toBe('0-9');
    expect(expectStatus(await send(second, 10), 202).header('Range')).toBe('0-19');
    await expectPushedBlob(await http.put(withQuery(location, { digest: digestBytes(bytes) })), bytes);
  });
});

describeEntrepot('a Content-Range that makes no sense', () => {
  const name = freshName('range');

  it.each([
    ['is malformed', '0-9-10', '0123456789', 'BLOB_UPLOAD_INVALID'],
    ['is open-ended', '0-', '0123456789', 'BLOB_UPLOAD_INVALID'],
    ['is no range at all', 'all of it', '0123456789', 'BLOB_UPLOAD_INVALID'],
    ['ends before it starts', '9-0', '0123456789', 'BLOB_UPLOAD_INVALID'],
    ['is negative', '-1-8', '0123456789', 'BLOB_UPLOAD_INVALID'],
    ['is beyond all numbers', '0-99999999999999999999999', '0123456789', 'BLOB_UPLOAD_INVALID'],
    ['announces more than is sent', '0-19', '0123456789', 'SIZE_INVALID'],
    ['announces less than is sent', '0-4', '0123456789', 'SIZE_INVALID'],
    ['announces what is not sent at all', '0-4', '', 'SIZE_INVALID'],
    ['is malformed, beside no body', '500-400', '', 'BLOB_UPLOAD_INVALID'],
  ])('400 when it %s', async (_what, range, body, code) => {
    const location = await registry.startUpload(name);
    const response = await http.patch(location, body, { ...octets, 'Content-Range': range });
    expectError(response, 400, code);
    expect((await http.get(location)).header('Range')).toBe('0-0');
    await expectPushedBlob(await http.put(withQuery(location, { digest: digestBytes(body) }), body), Buffer.from(body));
  });

  it.each([
    ['fewer bytes than its Content-Range announces', 5],
    ['more bytes than its Content-Range announces', 15],
  ])('400 when a body of unknown length has %s', async (_what, size) => {
    const location = await registry.startUpload(name);
    const pieces = (async function* () {
      yield Buffer.alloc(size, 'x');
    })();
    expectError(await http.patch(location, pieces, ranged(0, 9)), 400, 'SIZE_INVALID');
    const status = expectStatus(await http.get(location), 204);
    expect(['0-0', '0-4', '0-9']).toContain(status.header('Range'));
  });
});
