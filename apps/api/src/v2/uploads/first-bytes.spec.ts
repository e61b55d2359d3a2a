import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { jest } from '@jest/globals';
import { withDatabase } from '../../../../../libs/metadata/src/testing/index.js';
import { RunningApi } from '../../testing/running-api.js';

const database = withDatabase();
const size = 1_000;
const uploads = '/v2/acme/app/blobs/uploads/';
const ranged = { 'Content-Range': `0-${size - 1}` };
const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

interface Session {
  readonly storage: { readonly pieces: readonly { readonly key: string; readonly length: number }[] };
  readonly offset: string;
}

describe('the first bytes of a session, which take no lease', () => {
  let folder: string;
  let one: RunningApi;
  let other: RunningApi;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'entrepot-first-bytes-'));
    const start = () => RunningApi.start({ DATABASE_URL: database.url, STORAGE_ROOT: folder });
    [one, other] = [await start(), await start()];
  });
  afterAll(async () => {
    await one.stop();
    await other.stop();
    await rm(folder, { recursive: true });
  });

  const begin = async () => (await one.send('POST', uploads, 202)).location;
  const sessionAt = async (location: string) =>
    (await database.sql<Session>('select storage, "offset" from upload_sessions where id = $1', [location.split('/').at(-1)]))[0]!;
  const bytesOf = async ({ storage }: Session) =>
    Buffer.concat(await Promise.all(storage.pieces.filter(({ length }) => length > 0).map(({ key }) => readFile(join(folder, key)))));
  const close = (location: string, bytes: Uint8Array) => one.send('PUT', `${location}?digest=${digestOf(bytes)}`, 201);

  /** A request whose last byte is sent by hand, or which is cut before it. */
  function holding(api: RunningApi, target: string, { bytes, method = 'PATCH', headers = {} }: Held) {
    const sent = request(new URL(target, api.url), { method, headers: { 'Content-Length': bytes.length, ...headers }, agent: false });
    const status = new Promise<number>((resolve, reject) => {
      sent.on('response', (response) => resolve(response.resume().statusCode!));
      sent.on('error', reject);
    });
    status.catch(() => undefined);
    sent.write(bytes.subarray(0, -1));
    return { end: () => (sent.end(bytes.subarray(-1)), status), cut: () => sent.destroy() };
  }
  interface Held {
    readonly bytes: Uint8Array;
    readonly method?: string;
    readonly headers?: Record<string, string>;
  }
  const patch = (api: RunningApi, target: string, bytes: Uint8Array, headers = {}) => holding(api, target, { bytes, headers }).end();

  it.each([
    ['one process', false],
    ['two processes', true],
  ])('of two at once, at the same offset, one is taken and the other is 416, by %s', async (_what, apart) => {
    for (let round = 0; round < 25; round += 1) {
      const location = await begin();
      const bodies = [randomBytes(size), randomBytes(size)];
      const answers = await Promise.all(bodies.map((bytes, i) => patch(apart && i === 1 ? other : one, location, bytes, ranged)));
      expect([...answers].sort()).toEqual([202, 416]);
      const taken = bodies[answers.indexOf(202)]!;
      expect((await bytesOf(await sessionAt(location))).equals(taken)).toBe(true);
      await close(location, taken);
      const { bytes } = await other.send('GET', `/v2/acme/app/blobs/${digestOf(taken)}`, 200);
      expect(bytes.equals(taken)).toBe(true);
    }
  });

  it('come behind what another process has recorded, where they name no offset', async () => {
    const location = await begin();
    const [late, early] = [randomBytes(size), randomBytes(size)];
    const running = holding(one, location, { bytes: late });
    expect(await patch(other, location, early)).toBe(202);
    expect(await running.end()).toBe(202);
    const session = await sessionAt(location);
    expect(Number(session.offset)).toBe(2 * size);
    expect((await bytesOf(session)).equals(Buffer.concat([early, late]))).toBe(true);
  });

  it('count for nothing where they took so long that they were sent again meanwhile', async () => {
    const location = await begin();
    const bytes = randomBytes(size);
    const running = holding(one, location, { bytes });
    expect(await patch(other, location, bytes)).toBe(202);
    const now = performance.now.bind(performance);
    const late = jest.spyOn(performance, 'now').mockImplementation(() => now() + 1_001);
    expect(await running.end()).toBe(416);
    late.mockRestore();
    expect((await bytesOf(await sessionAt(location))).equals(bytes)).toBe(true);
    await close(location, bytes);
  });

  it('count for nothing where another process has recorded and they do not come whole, or name an offset', async () => {
    for (const headers of [{}, ranged]) {
      const location = await begin();
      const early = randomBytes(size);
      const running = holding(one, location, { bytes: randomBytes(size), headers });
      expect(await patch(other, location, early)).toBe(202);
      if (headers === ranged) expect(await running.end()).toBe(416);
      else running.cut();
      const next = randomBytes(size);
      expect(await patch(other, location, next)).toBe(202);
      expect((await bytesOf(await sessionAt(location))).equals(Buffer.concat([early, next]))).toBe(true);
    }
  });

  it('are kept as far as they came, to be resumed', async () => {
    const location = await begin();
    const bytes = randomBytes(size);
    const { hostname, port } = new URL(one.url);
    const socket = connect(Number(port), hostname);
    socket.write(`PATCH ${location} HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`);
    socket.end(bytes.subarray(0, -1));
    expect(await text(socket)).toMatch(/^HTTP\/1.1 400 /);
    // Answered as soon as the connection's end is known; what has come is being stored yet.
    const stored = async () => Number((await sessionAt(location)).offset);
    for (const deadline = Date.now() + 10_000; (await stored()) === 0 && Date.now() < deadline;) await other.send('GET', location, 204);
    expect(await stored()).toBe(size - 1);
    const rest = bytes.subarray(size - 1);
    expect(await patch(one, location, rest, { 'Content-Range': `${size - 1}-${size - 1}` })).toBe(202);
    await close(location, bytes);
  });

  it('in a PUT: the blob, also where somebody has been there with nothing; a wrong digest ends the session', async () => {
    const target = async (bytes: Uint8Array) => `${await begin()}?digest=${digestOf(bytes)}`;
    const bytes = randomBytes(size);
    expect(await holding(one, await target(bytes), { bytes, method: 'PUT' }).end()).toBe(201);
    const again = await target(bytes);
    const running = holding(one, again, { bytes, method: 'PUT' });
    await other.send('PATCH', again.split('?')[0]!, 202);
    expect(await running.end()).toBe(201);
    const wrong = await target(bytes);
    expect(await holding(one, wrong, { bytes: randomBytes(size), method: 'PUT' }).end()).toBe(400);
    await one.send('GET', wrong.split('?')[0]!, 404);
  });

  it('of a session that was given up meanwhile are 404', async () => {
    const location = await begin();
    const running = holding(one, location, { bytes: randomBytes(size) });
    await other.send('DELETE', location, 204);
    expect(await running.end()).toBe(404);
  });

  it('of a session that was given up are 404 also where the blob they claim to be is there', async () => {
    const there = randomBytes(size);
    await close((await one.send('PATCH', await begin(), 202, { body: there })).location, there);
    const location = await begin();
    await other.send('DELETE', location, 204);
    await one.send('PUT', `${location}?digest=${digestOf(there)}`, 404, { body: randomBytes(size) });
  });

  it('leave no object that no row knows of', async () => {
    const known = await database.sql<{
      text: string;
    }>(`select storage_key as text from blobs union all select storage::text from upload_sessions
      union all select key from outbox union all select payload::text from outbox where payload is not null`);
    const names = new Set(known.flatMap(({ text }) => text.match(/blobs\/[\da-f]{2}\/[\da-f-]{36}/g) ?? []));
    const files = (await readdir(folder, { recursive: true })).filter((file) => /[\da-f-]{36}$/.test(file));
    expect(files.length).toBeGreaterThan(50);
    expect(files.filter((file) => !names.has(file))).toEqual([]);
  });
});
