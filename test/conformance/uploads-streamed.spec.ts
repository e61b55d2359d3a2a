import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { DigestAlgorithm } from '#oci';
import { digestBytes } from '../support/content.js';
import { targetOf, withQuery } from '../support/registry.js';
import { expectError, expectPushedBlob, expectStatus } from './expectations.js';
import { describeEntrepot, freshName, http, isEntrepot, itDirect, itEntrepot, registry } from './registry-under-test.js';

const algorithms: DigestAlgorithm[] = isEntrepot ? ['sha256', 'sha512'] : ['sha256'];
const octets = { 'Content-Type': 'application/octet-stream' };

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The offset a session answers, once it holds at least that much. */
async function untilStored(location: string, atLeast: number): Promise<number> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await wait(20)) {
    const range = expectStatus(await http.get(location), 204).need('Range');
    const offset = range === '0-0' ? 0 : Number(range.slice(2)) + 1;
    if (offset >= atLeast) return offset;
  }
  throw new Error(`the session never came to hold ${atLeast} bytes`);
}

describe.each(algorithms)('a %s blob in one streamed PATCH', (algorithm) => {
  const name = freshName('stream');

  it.each([
    ['without a Content-Length', true],
    ['with a Content-Length', false],
  ])('%s, then an empty PUT, as docker does', async (_what, chunked) => {
    const bytes = randomBytes(1_300_000);
    const location = await registry.startUpload(name);
    const patched = expectStatus(await http.patch(location, chunked ? inPieces(bytes, 50_001) : bytes, octets), 202);
    if (isEntrepot) expect(patched.header('Range')).toBe('0-1299999');
    await expectPushedBlob(await http.put(withQuery(targetOf(patched), { digest: digestBytes(bytes, algorithm) })), bytes, algorithm);
  });

  it('refuses a wrong digest', async () => {
    const location = await registry.startUpload(name);
    const patched = expectStatus(await http.patch(location, inPieces(randomBytes(3000), 1000), octets), 202);
    const digest = digestBytes('something else', algorithm);
    expectError(await http.put(withQuery(targetOf(patched), { digest })), 400, 'DIGEST_INVALID');
    expectStatus(await http.head(`/v2/${name}/blobs/${digest}`), 404);
  });
});

describe('several streamed PATCHes', () => {
  it('append to each other', async () => {
    const name = freshName('stream');
    const bytes = randomBytes(90_000);
    let location = await registry.startUpload(name);
    for (const [start, end] of [
      [0, 20_000],
      [20_000, 20_001],
      [20_001, 90_000],
    ]) {
      location = targetOf(expectStatus(await http.patch(location, bytes.subarray(start, end), octets), 202));
    }
    await expectPushedBlob(await http.put(withQuery(location, { digest: digestBytes(bytes) })), bytes);
  });

  itEntrepot('an empty one changes nothing, and the Range of an empty session is 0-0', async () => {
    const location = await registry.startUpload(freshName('stream'));
    const patched = expectStatus(await http.patch(location, '', octets), 202);
    expect(patched.header('Range')).toBe('0-0');
    const more = expectStatus(await http.patch(targetOf(patched), 'x', octets), 202);
    expect(more.header('Range')).toBe('0-0');
    await expectPushedBlob(await http.put(withQuery(targetOf(more), { digest: digestBytes('x') })), Buffer.from('x'));
  });

  itEntrepot('the rest may come in the closing PUT, without a Content-Range and without a length', async () => {
    const bytes = randomBytes(50_000);
    const location = await registry.startUpload(freshName('stream'));
    const patched = expectStatus(await http.patch(location, bytes.subarray(0, 30_000), octets), 202);
    const target = withQuery(targetOf(patched), { digest: digestBytes(bytes) });
    await expectPushedBlob(await http.put(target, inPieces(bytes.subarray(30_000), 7_000), octets), bytes);
  });
});

describeEntrepot('a body that stops in the middle', () => {
  const bytes = randomBytes(600_000);
  const digest = digestBytes(bytes);

  it.each([
    ['of announced length', { 'Content-Length': '600000' }],
    ['of unknown length', { 'Transfer-Encoding': 'chunked' }],
  ])('%s: what is durable stays and can be resumed', async (_what, framing) => {
    const location = await registry.startUpload(freshName('cut'));
    const exchange = await http.open('PATCH', location, { ...octets, ...framing });
    const half = bytes.subarray(0, 300_000);
    await ('Content-Length' in framing ? exchange.write(half) : exchange.writeChunk(half));
    await wait(100);
    exchange.cut();
    const offset = await untilStored(location, 300_000);
    expect(offset).toBe(300_000);
    const headers = { ...octets, 'Content-Range': `${offset}-599999` };
    const patched = expectStatus(await http.patch(location, bytes.subarray(offset), headers), 202);
    await expectPushedBlob(await http.put(withQuery(targetOf(patched), { digest })), bytes);
  });

  itDirect.each<[string, Record<string, string>, string | null]>([
    ['ends before its announced length', { 'Content-Length': '600000' }, null],
    ['ends in the middle of a chunk', { 'Transfer-Encoding': 'chunked' }, null],
    ['goes on beyond its announced length', { 'Content-Length': '100000' }, 'and more, and more\r\n\r\n'],
  ])('and %s, while the client listens: 400 SIZE_INVALID, and what came can be resumed', async (_what, framing, more) => {
    const location = await registry.startUpload(freshName('half'));
    const exchange = await http.open('PATCH', location, { ...octets, ...framing });
    const head = 'Content-Length' in framing ? '' : '927c0\r\n';
    await exchange.write(Buffer.concat([Buffer.from(head), bytes.subarray(0, 100_000), Buffer.from(more ?? '')]));
    if (more === null) exchange.halfClose();
    expectError(await exchange.response, 400, 'SIZE_INVALID');
    expect(await untilStored(location, 100_000)).toBe(100_000);
    const headers = { ...octets, 'Content-Range': '100000-599999' };
    const patched = expectStatus(await http.patch(location, bytes.subarray(100_000), headers), 202);
    await expectPushedBlob(await http.put(withQuery(targetOf(patched), { digest })), bytes);
  });

  it('in the closing PUT: nothing is stored, the session stays', async () => {
    const name = freshName('cut');
    const location = await registry.startUpload(name);
    const exchange = await http.open('PUT', withQuery(location, { digest }), { ...octets, 'Content-Length': '600000' });
    await exchange.write(bytes.subarray(0, 200_000));
    await wait(100);
    exchange.cut();
    const offset = await untilStored(location, 1);
    expectStatus(await http.head(`/v2/${name}/blobs/${digest}`), 404);
    const closing = await http.put(withQuery(location, { digest }), bytes.subarray(offset), { 'Content-Range': `${offset}-599999` });
    await expectPushedBlob(closing, bytes);
  });

  it('in a single POST: nothing is stored, and the next attempt succeeds', async () => {
    const name = freshName('cut');
    const target = withQuery(`/v2/${name}/blobs/uploads/`, { digest });
    const exchange = await http.open('POST', target, { ...octets, 'Content-Length': '600000' });
    await exchange.write(bytes.subarray(0, 200_000));
    exchange.cut();
    expectStatus(await http.head(`/v2/${name}/blobs/${digest}`), 404);
    await expectPushedBlob(await http.post(target, bytes, octets), bytes);
  });

  it('and is taken over: the new writer goes on, the old one gets 416', async () => {
    const location = await registry.startUpload(freshName('take-over'));
    const old = await http.open('PATCH', location, { ...octets, 'Transfer-Encoding': 'chunked' });
    await old.writeChunk(Buffer.from('lost'));
    await wait(200);
    const status = expectStatus(await http.get(location), 204);
    const patched = await http.patch(targetOf(status), 'kept', { ...octets, 'Content-Range': '0-3' });
    expectStatus(patched, 202);
    await old.writeChunk(Buffer.from('also lost'));
    await old.endChunks();
    expect((await old.response).status).toBe(416);
    await expectPushedBlob(await http.put(withQuery(targetOf(patched), { digest: digestBytes('kept') })), Buffer.from('kept'));
  });
});

describeEntrepot('slow clients', () => {
  it('may send a little at a time, for as long as something comes', async () => {
    const bytes = randomBytes(30);
    const location = await registry.startUpload(freshName('slow'));
    const drops = (async function* () {
      for (const byte of bytes) {
        yield Buffer.from([byte]);
        await wait(30);
      }
    })();
    const patched = expectStatus(await http.patch(location, drops, octets), 202);
    await expectPushedBlob(await http.put(withQuery(targetOf(patched), { digest: digestBytes(bytes) })), bytes);
  });
});
