import { randomBytes } from 'node:crypto';
import { BufferBudget } from '../../buffers/buffer-budget.js';
import {
  beginUpload,
  describeWithObjectStore,
  inChunks,
  readAll,
  store,
  StoreProxy,
  testBucket,
  throughJson,
} from '../../testing/index.js';
import type { TestBucket } from '../../testing/index.js';
import { S3Driver } from './s3-driver.js';

const MiB = 1024 * 1024;

describeWithObjectStore('requests to the store', () => {
  let bucket: TestBucket;
  let proxy: StoreProxy;
  let driver: S3Driver;

  beforeAll(async () => {
    bucket = await testBucket();
    proxy = await StoreProxy.before(bucket.settings.endpoint!);
    const settings = { ...bucket.settings, endpoint: proxy.endpoint };
    driver = new S3Driver({ settings, buffers: new BufferBudget({ bytes: 64 * MiB }) });
  });
  afterAll(async () => {
    await driver.close();
    await proxy.close();
    await bucket.remove();
  });
  beforeEach(() => void proxy.counts());

  it.each([true, false])('a push of 1 MB is one, announced: %p', async (announced) => {
    const body = randomBytes(1_000_000);
    const upload = await driver.append(beginUpload(driver), inChunks(body), announced ? { expectedBytes: body.length } : {});
    await driver.commit(upload);
    expect(proxy.counts()).toEqual({ PutObject: 1 });
  });

  it('a body that ends just before its first part left is one', async () => {
    await store(driver, Buffer.alloc(13 * MiB - 1));
    expect(proxy.counts()).toEqual({ PutObject: 1 });
  });

  it('an upload without bytes is one', async () => {
    await driver.commit(await driver.append(beginUpload(driver), inChunks(Buffer.alloc(0))));
    expect(proxy.counts()).toEqual({ PutObject: 1 });
  });

  it.each([true, false])('a push of 200 MB is its parts and two, announced: %p', async (announced) => {
    const body = Buffer.alloc(200_000_000);
    const upload = await driver.append(beginUpload(driver), inChunks(body), announced ? { expectedBytes: body.length } : {});
    const { key, size } = await driver.commit(throughJson(upload));
    // 22 of 8 MiB, and what is left: 14.7 MiB are one of 8 and one of 6.7.
    expect(proxy.counts()).toEqual({ CreateMultipartUpload: 1, UploadPart: 24, CompleteMultipartUpload: 1 });
    expect((await driver.stat(key))?.size).toBe(size);
  });

  it('a push in large bodies is their parts and two', async () => {
    let upload = beginUpload(driver);
    for (let body = 0; body < 3; body += 1) upload = throughJson(await driver.append(upload, inChunks(Buffer.alloc(20 * MiB, body))));
    await driver.commit(upload);
    expect(proxy.counts()).toEqual({ CreateMultipartUpload: 1, UploadPart: 6, CompleteMultipartUpload: 1 });
  });

  it('a read is one, of a range too, and none is left open', async () => {
    const { key } = await store(driver, randomBytes(3_000_000));
    proxy.counts();
    await readAll(driver, key);
    await readAll(driver, key, { start: 1_000, end: 2_999_999 });
    expect(proxy.counts()).toEqual({ GetObject: 2 });
  });

  it('small bodies are stored as they are, and read back once there is a part of them', async () => {
    const bodies = Array.from({ length: 12 }, () => randomBytes(900_000));
    let upload = beginUpload(driver);
    for (const body of bodies) upload = throughJson(await driver.append(upload, inChunks(body)));
    const { PutObject, GetObject, UploadPart, CreateMultipartUpload } = proxy.counts();
    expect({ PutObject, UploadPart, CreateMultipartUpload }).toEqual({ PutObject: 10, UploadPart: 2, CreateMultipartUpload: 1 });
    expect(GetObject).toBe(10);
    const { key } = await driver.commit(upload);
    expect((await readAll(driver, key)).equals(Buffer.concat(bodies))).toBe(true);
  });
});
