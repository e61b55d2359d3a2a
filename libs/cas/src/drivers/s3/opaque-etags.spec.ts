import { randomBytes } from 'node:crypto';
import { BufferBudget } from '../../buffers/buffer-budget.js';
import { beginUpload, describeWithObjectStore, inChunks, readAll, StoreProxy, testBucket, throughJson } from '../../testing/index.js';
import type { StoreAnswer, TestBucket } from '../../testing/index.js';
import { S3Driver } from './s3-driver.js';

const MiB = 1024 * 1024;

describeWithObjectStore('a store whose ETags are no MD5', () => {
  let bucket: TestBucket;
  let proxy: StoreProxy;
  let driver: S3Driver;

  beforeEach(async () => {
    bucket = await testBucket();
    proxy = await StoreProxy.before(bucket.settings.endpoint!);
    driver = new S3Driver({ settings: { ...bucket.settings, endpoint: proxy.endpoint }, buffers: new BufferBudget({ bytes: 64 * MiB }) });
  });
  afterEach(async () => {
    await driver.close();
    await proxy.close();
    await bucket.remove();
  });

  // This store says none; others do, and here it is not that of the parts.
  const otherEtag = (answer: StoreAnswer): StoreAnswer => {
    const body = answer.body.replace(/<ETag>.*<\/ETag>/, `<ETag>"${'0'.repeat(32)}-2"</ETag>`);
    return { ...answer, body };
  };
  const encryptedBy = (kind: string) => (answer: StoreAnswer) => ({
    ...answer,
    headers: { ...answer.headers, 'x-amz-server-side-encryption': kind },
  });

  async function push(bytes: Buffer): Promise<string> {
    const upload = await driver.append(beginUpload(driver), inChunks(bytes));
    return (await driver.commit(throughJson(upload))).key;
  }

  const requests = { CreateMultipartUpload: 1, UploadPart: 2, CompleteMultipartUpload: 1 };

  it.each(['aws:kms', 'aws:kms:dsse'])('is believed where it says so when an upload begins: %s', async (kind) => {
    proxy.changes.set('CreateMultipartUpload', encryptedBy(kind));
    proxy.changes.set('CompleteMultipartUpload', otherEtag);
    const bytes = randomBytes(14 * MiB);
    const key = await push(bytes);
    expect(proxy.counts()).toEqual(requests);
    expect((await readAll(driver, key)).equals(bytes)).toBe(true);
  });

  it.each([null, 'AES256'])('is asked what it has where it does not: %p', async (kind) => {
    if (kind) proxy.changes.set('CreateMultipartUpload', encryptedBy(kind));
    proxy.changes.set('CompleteMultipartUpload', otherEtag);
    await push(randomBytes(14 * MiB));
    expect(proxy.counts()).toEqual({ ...requests, HeadObject: 1 });
  });
});
