import { createHash, randomBytes } from 'node:crypto';
import { mediaTypes } from '#oci';
import { describeWithObjectStore, StoreProxy, testBucket, type TestBucket } from '../../../../libs/cas/src/testing/index.js';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { RunningApi } from '../testing/running-api.js';

const database = withDatabase();
const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const type = mediaTypes.ociManifest;

describeWithObjectStore('requests to the object store', () => {
  let bucket: TestBucket;
  let store: StoreProxy;
  let api: RunningApi;
  let redirecting: RunningApi;

  beforeAll(async () => {
    bucket = await testBucket();
    store = await StoreProxy.before(bucket.settings.endpoint!);
    const { accessKeyId, secretAccessKey } = bucket.settings.credentials!;
    const settings = {
      DATABASE_URL: database.url,
      STORAGE_DRIVER: 's3',
      S3_BUCKET: bucket.settings.bucket,
      S3_ENDPOINT: store.endpoint,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    };
    api = await RunningApi.start(settings);
    redirecting = await RunningApi.start({ ...settings, S3_REDIRECT: 'true' });
  });
  afterAll(async () => {
    await api.stop();
    await redirecting.stop();
    await store.close();
    await bucket.remove();
  });
  beforeEach(() => void store.counts());

  const uploads = '/v2/acme/app/blobs/uploads/';
  const start = async () => (await api.send('POST', uploads, 202)).location;
  const close = (location: string, body: Buffer) => api.send('PUT', `${location}?digest=${digestOf(body)}`, 201);
  const pushes = {
    'POST, PATCH and PUT': async (body: Buffer) => close((await api.send('PATCH', await start(), 202, { body })).location, body),
    'POST and PUT': async (body: Buffer) => api.send('PUT', `${await start()}?digest=${digestOf(body)}`, 201, { body }),
    'one POST': (body: Buffer) => api.send('POST', `${uploads}?digest=${digestOf(body)}`, 201, { body }),
  };

  it.each(Object.entries(pushes))('a push of 1 MB in %s is one', async (_how, push) => {
    await push(randomBytes(1_000_000));
    expect(store.counts()).toEqual({ PutObject: 1 });
  });

  it.each(Object.entries(pushes))('a push of 40 MB in %s is its parts and two', async (_how, push) => {
    await push(randomBytes(40_000_000));
    // Four of 8 MiB and one of 6.1.
    expect(store.counts()).toEqual({ CreateMultipartUpload: 1, UploadPart: 5, CompleteMultipartUpload: 1 });
  });

  it('a blob is one, a range of it too; its HEAD, deletion and all that is no blob none', async () => {
    const body = randomBytes(1_000_000);
    const digest = digestOf(body);
    await pushes['one POST'](body);
    store.counts();
    expect((await api.send('GET', `/v2/acme/app/blobs/${digest}`, 200)).bytes.equals(body)).toBe(true);
    expect(store.counts()).toEqual({ GetObject: 1 });
    const config = { mediaType: 'application/vnd.example', digest, size: body.length };
    const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: type, config, layers: [] }));
    await api.send('PUT', '/v2/acme/app/manifests/v1', 201, { body: manifest, type });
    for (const reference of ['v1', digestOf(manifest)]) {
      await api.send('GET', `/v2/acme/app/manifests/${reference}`, 200);
      await api.send('HEAD', `/v2/acme/app/manifests/${reference}`, 200);
    }
    for (const list of ['acme/app/tags/list', 'acme/app/tags/list?n=1', '_catalog', `acme/app/referrers/${digest}`])
      await api.send('GET', `/v2/${list}`, 200);
    await api.send('HEAD', `/v2/acme/app/blobs/${digest}`, 200);
    await api.send('POST', `/v2/acme/other/blobs/uploads/?mount=${digest}&from=acme/app`, 201);
    await api.send('DELETE', await start(), 204);
    await api.send('DELETE', `/v2/acme/app/manifests/${digestOf(manifest)}`, 202);
    await api.send('DELETE', `/v2/acme/app/blobs/${digest}`, 202);
    expect(store.counts()).toEqual({});
  });

  it('a small blob is one, and none while it is remembered; a range of it neither', async () => {
    const body = randomBytes(2_000);
    const target = `/v2/acme/app/blobs/${digestOf(body)}`;
    await pushes['one POST'](body);
    store.counts();
    for (const _time of [1, 2]) expect((await api.send('GET', target, 200)).bytes.equals(body)).toBe(true);
    const part = await fetch(new URL(target, api.url), { headers: { range: 'bytes=500-1499' } });
    expect([part.status, Buffer.from(await part.arrayBuffer()).equals(body.subarray(500, 1_500))]).toEqual([206, true]);
    expect(store.counts()).toEqual({ GetObject: 1 });
  });

  it('a blob is none where clients are sent to the store, which serves it to them alone', async () => {
    const body = randomBytes(100_000);
    const target = new URL(`/v2/acme/app/blobs/${digestOf(body)}`, redirecting.url);
    await pushes['one POST'](body);
    store.counts();
    const answer = await fetch(target, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([307, 'no-store']);
    expect((await fetch(target, { method: 'HEAD' })).headers.get('content-length')).toBe('100000');
    expect((await fetch(target, { headers: { 'if-none-match': `"${digestOf(body)}"` } })).status).toBe(304);
    expect(store.counts()).toEqual({});
    const location = new URL(answer.headers.get('location')!);
    const part = await fetch(location, { headers: { range: 'bytes=500-1499' } });
    expect([part.status, Buffer.from(await part.arrayBuffer()).equals(body.subarray(500, 1_500))]).toEqual([206, true]);
    location.search = '';
    expect((await fetch(location)).status).toBe(403);
    const empty = Buffer.alloc(0);
    await pushes['one POST'](empty);
    expect((await redirecting.send('GET', `/v2/acme/app/blobs/${digestOf(empty)}`, 200)).bytes).toHaveLength(0);
  });
});
