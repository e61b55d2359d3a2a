import { randomBytes } from 'node:crypto';
import { BufferBudget } from '../../buffers/buffer-budget.js';
import { ObjectsKeptError, StorageError } from '../../storage-error.js';
import { objectKey } from '../../storage-keys.js';
import { describeWithObjectStore, listAll, store, StoreProxy, testBucket } from '../../testing/index.js';
import type { StoreAnswer, TestBucket } from '../../testing/index.js';
import { S3Driver } from './s3-driver.js';

const prefix = 'some/';

describeWithObjectStore('deleting on S3', () => {
  let bucket: TestBucket;
  let proxy: StoreProxy;
  let driver: S3Driver;

  beforeEach(async () => {
    bucket = await testBucket(prefix);
    proxy = await StoreProxy.before(bucket.settings.endpoint!);
    driver = new S3Driver({ settings: { ...bucket.settings, endpoint: proxy.endpoint }, buffers: new BufferBudget({ bytes: 64 << 20 }) });
  });
  afterEach(async () => {
    await driver.close();
    await proxy.close();
    await bucket.remove();
  });

  const storeSome = (count: number) => Promise.all(Array.from({ length: count }, () => store(driver, randomBytes(10))));
  const unknown = (count: number) => Array.from({ length: count }, () => objectKey());
  const left = async () => (await listAll(driver, '')).map(({ key }) => key);

  it('takes one request for a thousand keys', async () => {
    const [first, last, kept] = (await storeSome(3)).map(({ key }) => key) as [string, string, string];
    const keys = [first, ...unknown(2_498), last];
    proxy.counts();
    await driver.delete(keys);
    expect(proxy.counts()).toEqual({ DeleteObjects: 3 });
    expect(await left()).toEqual([kept]);
    await driver.delete(unknown(1_000));
    await driver.delete([]);
    expect(proxy.counts()).toEqual({ DeleteObjects: 1, ListObjectsV2: 1 });
  });

  /** An answer as S3's, to one of the requests: what it says of these keys. */
  function answering(codes: Readonly<Record<string, string>>): (answer: StoreAnswer) => StoreAnswer {
    const errors = Object.entries(codes).map(([key, code]) => `<Error><Key>${prefix}${key}</Key><Code>${code}</Code></Error>`);
    return ({ headers }) => {
      proxy.changes.clear();
      return { headers, body: `<?xml version="1.0" encoding="UTF-8"?><DeleteResult>${errors.join('')}</DeleteResult>` };
    };
  }

  it('says of each key that was kept why, and goes on with the others', async () => {
    const [one] = await storeSome(1);
    const keys = [...unknown(1_000), one!.key];
    const codes = { [keys[0]!]: 'AccessDenied', [keys[7]!]: 'NoSuchKey', [keys[999]!]: 'InternalError' };
    proxy.changes.set('DeleteObjects', answering(codes));
    const error = await driver.delete(keys).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ObjectsKeptError);
    expect(error).toBeInstanceOf(StorageError);
    expect((error as ObjectsKeptError).message).toBe('cannot delete 2 objects: AccessDenied, InternalError');
    const kept = { [keys[0]!]: 'AccessDenied', [keys[999]!]: 'InternalError' };
    expect(Object.fromEntries((error as ObjectsKeptError).codes)).toEqual(kept);
    expect(await left()).toEqual([]);
  });

  it('takes nothing for deleted where the store does not say what it kept', async () => {
    proxy.changes.set('DeleteObjects', answering({ other: 'InternalError' }));
    const error = await driver.delete(unknown(2)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StorageError);
    expect(error).not.toBeInstanceOf(ObjectsKeptError);
  });

  it('takes a key that was gone for deleted', async () => {
    const [key] = unknown(1);
    proxy.changes.set('DeleteObjects', answering({ [key!]: 'NoSuchKey' }));
    await driver.delete([key!]);
  });
});
