import { createHash, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { mediaTypes } from '#oci';
import { StatementMeter, withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { RunningApi } from '../testing/running-api.js';

const database = withDatabase();
const digestOf = (bytes: Uint8Array | string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
/** On no request's way: every ten seconds, for all of them together. */
const inBackground = ['record_tag_pulls', 'record_manifest_pulls'];
const type = mediaTypes.ociManifest;
const [blob, other] = ['a blob of both repositories', 'a blob of one'].map((text) => Buffer.from(text.padEnd(1_024)));

describe('statements that one request costs, as PostgreSQL hears them', () => {
  let meter: StatementMeter;
  let api: RunningApi;

  beforeAll(async () => {
    meter = await StatementMeter.before(database.url);
    // Hints for workers go past the meter: no request waits for them.
    api = await RunningApi.start({ DATABASE_URL: meter.url, DATABASE_DIRECT_URL: database.url });
    for (const name of ['acme/app', 'acme/other']) await push(name, blob!);
    await push('acme/other', other!);
    await put('v1', image('v1'));
    // So that each statement is prepared, and the manifest's bytes in memory.
    await api.send('GET', '/v2/acme/app/manifests/v1', 200);
  });
  afterAll(async () => {
    await api.stop();
    await meter.close();
  });
  beforeEach(() => void meter.counts());

  const counted = () => {
    const counts = meter.counts();
    for (const name of inBackground) delete counts[name];
    return counts;
  };
  const uploads = '/v2/acme/app/blobs/uploads/';
  const push = (name: string, body: Buffer) => api.send('POST', `/v2/${name}/blobs/uploads/?digest=${digestOf(body)}`, 201, { body });
  const put = (reference: string, body: Buffer) => api.send('PUT', `/v2/acme/app/manifests/${reference}`, 201, { body, type });
  const start = async () => (await api.send('POST', uploads, 202)).location;
  const something = () => Buffer.from(randomUUID().repeat(28));
  const image = (mark: string, subject?: object) => {
    const config = { mediaType: 'application/vnd.example', digest: digestOf(blob!), size: blob!.length };
    return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: type, config, layers: [config], subject, annotations: { mark } }));
  };
  const v1 = () => digestOf(image('v1'));

  const reads: [what: string, method: string, target: () => string, status: number, sent: Record<string, number>][] = [
    ['a manifest by tag', 'GET', () => 'acme/app/manifests/v1', 200, { find_manifests_by_tag: 1 }],
    ['HEAD of a manifest by tag', 'HEAD', () => 'acme/app/manifests/v1', 200, { find_manifests_by_tag: 1 }],
    ['a manifest by digest', 'GET', () => `acme/app/manifests/${v1()}`, 200, { find_manifests_by_digest: 1 }],
    ['HEAD of a manifest by digest', 'HEAD', () => `acme/app/manifests/${v1()}`, 200, { find_manifests_by_digest: 1 }],
    ['an unknown tag', 'GET', () => 'acme/app/manifests/none', 404, { find_manifests_by_tag: 1 }],
    ['HEAD of a blob', 'HEAD', () => `acme/app/blobs/${digestOf(blob!)}`, 200, { find_blobs: 1 }],
    ['a blob', 'GET', () => `acme/app/blobs/${digestOf(blob!)}`, 200, { find_blobs: 1 }],
    ['HEAD of an unknown blob', 'HEAD', () => `acme/app/blobs/${digestOf('none')}`, 404, { find_blobs: 1 }],
    ['a page of tags', 'GET', () => 'acme/app/tags/list?n=100', 200, { tag_page: 1 }],
    ['all tags', 'GET', () => 'acme/app/tags/list', 200, { tag_page: 1 }],
    ['a page of the catalog', 'GET', () => '_catalog?n=100', 200, { catalog_page: 1 }],
    ['a page of referrers', 'GET', () => `acme/app/referrers/${v1()}`, 200, { referrers: 1 }],
    ['a page of referrers of a type', 'GET', () => `acme/app/referrers/${v1()}?artifactType=a`, 200, { referrers_of_type: 1 }],
    ['a mount', 'POST', () => `acme/app/blobs/uploads/?mount=${digestOf(other!)}&from=acme/other`, 201, { mount_blobs: 1 }],
    ['the base', 'GET', () => '', 200, {}],
  ];

  it.each(reads)('%s: one at most', async (_what, ...[method, target, status, sent]) => {
    await api.send(method, `/v2/${target()}`, status);
    expect(counted()).toEqual(sent);
  });

  it('a manifest whose bytes are not in memory is one more', async () => {
    await put('cold', image('cold'));
    counted();
    await api.send('GET', '/v2/acme/app/manifests/cold', 200);
    expect(counted()).toEqual({ find_manifests_by_tag: 1, find_payloads: 1 });
  });

  it('a session begins and ends with one each', async () => {
    const location = await start();
    expect(counted()).toEqual({ session_begin: 1 });
    await api.send('GET', location, 204);
    expect(counted()).toEqual({ session_find: 1 });
    await api.send('DELETE', location, 204);
    expect(counted()).toEqual({ session_cancel: 1 });
  });

  it('a push in POST, PATCH and PUT is three', async () => {
    const body = something();
    const { location } = await api.send('PATCH', await start(), 202, { body });
    await api.send('PUT', `${location}?digest=${digestOf(body)}`, 201);
    expect(counted()).toEqual({ session_begin: 1, session_record_first: 1, session_finalize: 1 });
  });

  it('a body that names no length costs the same where it comes whole', async () => {
    const body = something();
    const location = await start();
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    const head = `PATCH ${location} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`;
    socket.write(Buffer.concat([Buffer.from(`${head}${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')]));
    expect(await text(socket)).toMatch(/^HTTP\/1.1 202 /);
    expect(counted()).toEqual({ session_begin: 1, session_record_first: 1 });
    await api.send('PUT', `${location}?digest=${digestOf(body)}`, 201);
    expect(counted()).toEqual({ session_finalize: 1 });
  });

  it('a push in POST and PUT is two, in one POST two', async () => {
    const body = something();
    await api.send('PUT', `${await start()}?digest=${digestOf(body)}`, 201, { body });
    expect(counted()).toEqual({ session_begin: 1, session_finalize: 1 });
    await push('acme/app', something());
    expect(counted()).toEqual({ session_begin: 1, session_finalize: 1 });
  });

  it('a large one is one more, but in one POST', async () => {
    const body = Buffer.alloc(1024 * 1024 + 1, randomUUID());
    const { location } = await api.send('PATCH', await start(), 202, { body });
    await api.send('PUT', `${location}?digest=${digestOf(body)}`, 201);
    expect(counted()).toEqual({ session_begin: 1, session_lease: 1, session_record: 1, session_finalize: 1 });
    await api.send('PUT', `${await start()}?digest=${digestOf(body)}`, 201, { body });
    expect(counted()).toEqual({ session_begin: 1, session_lease: 1, session_finalize: 1 });
    await push('acme/app', body);
    expect(counted()).toEqual({ session_begin: 1, session_finalize: 1 });
  });

  it('the first push to a repository makes it with two more', async () => {
    await push(`acme/r${randomUUID()}`, something());
    expect(counted()).toEqual({ session_begin: 2, create_repository: 1, session_finalize: 1 });
  });

  it('a manifest is one, whatever it references', async () => {
    await put('v2', image('v2'));
    expect(counted()).toEqual({ put_manifests: 1 });
    const subject = { mediaType: type, digest: v1(), size: image('v1').length };
    await put('v3', image('v3', subject));
    expect(counted()).toEqual({ put_manifests: 1 });
    await put('v3', image('v3', subject));
    expect(counted()).toEqual({ put_manifests: 1 });
  });

  it('deleting a tag is one, a manifest or a blob a transaction of two', async () => {
    await put('gone', image('gone'));
    counted();
    await api.send('DELETE', '/v2/acme/app/manifests/gone', 202);
    expect(counted()).toEqual({ delete_tag: 1 });
    await api.send('DELETE', `/v2/acme/app/manifests/${digestOf(image('gone'))}`, 202);
    expect(counted()).toEqual({ begin: 1, lock_manifest: 1, delete_manifest: 1, commit: 1 });
    await api.send('DELETE', `/v2/acme/other/blobs/${digestOf(other!)}`, 202);
    expect(counted()).toEqual({ begin: 1, lock_link: 1, delete_link: 1, commit: 1 });
  });
});

describe('statements of a push to the one api process there is, which writes the rows of sessions behind', () => {
  let meter: StatementMeter;
  let api: RunningApi;

  beforeAll(async () => {
    meter = await StatementMeter.before(database.url);
    // Longer than this takes.
    const settings = { DATABASE_DIRECT_URL: database.url, UPLOAD_WRITE_BEHIND_MS: '10000' };
    api = await RunningApi.start({ DATABASE_URL: meter.url, ...settings });
    await push('acme/behind', something());
  });
  afterAll(async () => {
    await api.stop();
    await meter.close();
  });
  // A server that has been silent for a second is asked.
  beforeEach(async () => {
    await api.send('GET', '/v2/acme/behind/tags/list', 200);
    meter.counts();
  });

  const start = async () => (await api.send('POST', '/v2/acme/behind/blobs/uploads/', 202)).location;
  const push = (name: string, body: Buffer) => api.send('POST', `/v2/${name}/blobs/uploads/?digest=${digestOf(body)}`, 201, { body });
  const something = (length = 1_024) => Buffer.alloc(length, randomUUID());

  it.each([
    ['small', 1_024],
    ['large', 1024 * 1024 + 1],
  ])('a %s blob is one, in POST and PUT or one POST', async (_size, length) => {
    const body = something(length);
    await api.send('PUT', `${await start()}?digest=${digestOf(body)}`, 201, { body });
    expect(meter.counts()).toEqual({ session_finalize: 1 });
    await push('acme/behind', something(length));
    expect(meter.counts()).toEqual({ session_finalize: 1 });
  });

  it('a small one in POST, PATCH and PUT is one', async () => {
    const body = something();
    const { location } = await api.send('PATCH', await start(), 202, { body });
    await api.send('GET', location, 204);
    expect(meter.counts()).toEqual({});
    await api.send('PUT', `${location}?digest=${digestOf(body)}`, 201);
    expect(meter.counts()).toEqual({ session_finalize: 1 });
    await api.send('GET', location, 404);
    expect(meter.counts()).toEqual({ session_find: 1 });
  });

  it('a large one is two, as its row is there before its bytes are acknowledged', async () => {
    const body = something(1024 * 1024 + 1);
    const { location } = await api.send('PATCH', await start(), 202, { body });
    expect(meter.counts()).toEqual({ session_begin: 1 });
    await api.send('PUT', `${location}?digest=${digestOf(body)}`, 201);
    expect(meter.counts()).toEqual({ session_finalize: 1 });
  });

  it('a session that begins and ends is none', async () => {
    await api.send('DELETE', await start(), 204);
    expect(meter.counts()).toEqual({});
  });

  it('the first push to a repository makes it with two more', async () => {
    await push(`acme/r${randomUUID()}`, something());
    expect(meter.counts()).toEqual({ session_finalize: 2, create_repository: 1 });
  });

  it('a wrong digest ends a session as ever, with its row', async () => {
    const { location } = await api.send('PATCH', await start(), 202, { body: something() });
    await api.send('PUT', `${location}?digest=${digestOf('another')}`, 400);
    expect(Object.keys(meter.counts())).toContain('session_cancel');
    await api.send('GET', location, 404);
    expect(await database.sql(`select from outbox where key = $1 and kind = 'abort-upload'`, [location.split('/').at(-1)])).toHaveLength(1);
  });
});
