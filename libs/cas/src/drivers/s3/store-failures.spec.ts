import { randomBytes } from 'node:crypto';
import { BufferBudget } from '../../buffers/buffer-budget.js';
import { StorageError } from '../../storage-error.js';
import { objectKey } from '../../storage-keys.js';
import { beginUpload, describeWithObjectStore, inChunks, listAll, readAll, store, StoreProxy, testBucket } from '../../testing/index.js';
import type { Fault, TestBucket } from '../../testing/index.js';
import { S3Driver } from './s3-driver.js';
import type { S3Settings } from './s3-settings.js';

const MiB = 1024 * 1024;
const broken: Fault = { status: 500, code: 'InternalError' };

describeWithObjectStore('a store that fails', () => {
  let bucket: TestBucket;
  let proxy: StoreProxy;
  let driver: S3Driver;
  const buffers = new BufferBudget({ bytes: 64 * MiB });
  const open = (settings: Partial<S3Settings>) => new S3Driver({ settings: { ...bucket.settings, ...settings }, buffers });

  beforeEach(async () => {
    bucket = await testBucket();
    proxy = await StoreProxy.before(bucket.settings.endpoint!);
    driver = open({ endpoint: proxy.endpoint });
  });
  afterEach(async () => {
    expect(buffers.free).toBe(buffers.bytes);
    await driver.close();
    await proxy.close();
    await bucket.remove();
  });

  /** The first so many requests of an operation fail. */
  function failing(times: number, fault: Fault, operations: readonly string[]): void {
    let left = times;
    proxy.intercept = (operation) => (operations.includes(operation) && left-- > 0 ? fault : undefined);
  }

  it.each([
    ['wrong credentials', { credentials: { accessKeyId: 'TESTKEY', secretAccessKey: 'wrong' } }],
    ['nobody listening', { endpoint: 'http://127.0.0.1:1' }],
    ['no such bucket', { bucket: 'no-such-bucket' }],
  ])(
    '%s is a StorageError, soon',
    async (_name, settings) => {
      const other = open(settings);
      const began = performance.now();
      const { key } = beginUpload(other);
      await expect(store(other, randomBytes(10))).rejects.toThrow(StorageError);
      await expect(other.commit(beginUpload(other))).rejects.toThrow(StorageError);
      await expect(other.append(beginUpload(other), inChunks(randomBytes(20 * MiB)))).rejects.toThrow(StorageError);
      await expect(other.read(key as string)).rejects.toThrow(StorageError);
      await expect(other.delete([key as string])).rejects.toThrow(StorageError);
      await expect(listAll(other, '')).rejects.toThrow(StorageError);
      expect(performance.now() - began).toBeLessThan(10_000);
      await other.close();
    },
    30_000,
  );

  it.each<[string, Fault]>([
    ['errors of its own', broken],
    ['SlowDown', { status: 503, code: 'SlowDown' }],
    ['cut connections', { cutAfter: 0 }],
  ])(
    '%s are tried again',
    async (_name, fault) => {
      const operations = [
        'PutObject',
        'CreateMultipartUpload',
        'UploadPart',
        'CompleteMultipartUpload',
        'GetObject',
        'HeadObject',
        'DeleteObjects',
      ];
      for (const operation of operations) {
        failing(1, fault, [operation]);
        for (const size of [1_000, 20 * MiB]) {
          const bytes = randomBytes(size);
          const { key } = await store(driver, bytes);
          expect((await readAll(driver, key)).equals(bytes)).toBe(true);
          expect((await driver.stat(key))?.size).toBe(size);
          await driver.delete([key]);
        }
      }
    },
    60_000,
  );

  it.each(['PutObject', 'CreateMultipartUpload', 'UploadPart'])(
    '%s that fails for good leaves the upload where it was, and nothing else',
    async (operation) => {
      const upload = await driver.append(beginUpload(driver), inChunks(Buffer.from('first ')));
      failing(Infinity, broken, [operation]);
      const size = operation === 'PutObject' ? 100 : 30 * MiB;
      const failed = { name: 'StorageError', cause: { name: 'InternalError' } };
      await expect(driver.append(upload, inChunks(randomBytes(size)))).rejects.toMatchObject(failed);
      proxy.intercept = () => undefined;
      expect(await listAll(driver, '')).toHaveLength(1);
      for await (const left of driver.listUploads()) expect(left).toBeNull();
      const { key } = await driver.commit(await driver.append(upload, inChunks(Buffer.from('second'))));
      expect((await readAll(driver, key)).toString()).toBe('first second');
    },
    30_000,
  );

  it('a Complete whose answer got lost is found done', async () => {
    const bytes = randomBytes(14 * MiB + 5);
    const upload = await driver.append(beginUpload(driver), inChunks(bytes));
    failing(1, { cutAfter: 1 }, ['CompleteMultipartUpload']);
    const { key } = await driver.commit(upload);
    expect((await readAll(driver, key)).equals(bytes)).toBe(true);
    expect(await driver.commit(upload)).toMatchObject({ key, size: bytes.length });
  });

  it('reading goes on where a connection broke', async () => {
    const bytes = randomBytes(5_000_000);
    const { key } = await store(driver, bytes);
    proxy.counts();
    failing(3, { cutAfter: 1_000_000 }, ['GetObject']);
    expect((await readAll(driver, key, { start: 10, end: 4_999_989 })).equals(bytes.subarray(10, -10))).toBe(true);
    expect(proxy.counts()).toEqual({ GetObject: 4 });
  });

  it('reading ends in an error where nothing comes any more, never short', async () => {
    const { key } = await store(driver, randomBytes(3_000_000));
    failing(Infinity, { cutAfter: 0 }, ['GetObject']);
    await expect(readAll(driver, key)).rejects.toThrow(StorageError);
    failing(Infinity, { cutAfter: 1 }, ['GetObject']);
    await expect(readAll(driver, key)).rejects.toThrow(StorageError);
  });

  it('what has been opened is read to its end where it is deleted meanwhile', async () => {
    const { key } = await store(driver, randomBytes(3_000_000));
    const reader = (await driver.read(key))!;
    await reader.next();
    await driver.delete([key]);
    // What has been opened is read to its end, or fails.
    for await (const chunk of reader) expect(chunk.length).toBeGreaterThan(0);
    await expect(readAll(driver, key)).rejects.toThrow('does not exist');
  });

  it('a range beyond the object is an error', async () => {
    const { key } = await store(driver, randomBytes(1_000));
    await expect(driver.read(key, { start: 0, end: 1_000 })).rejects.toThrow(StorageError);
    await expect(driver.read(key, { start: 2_000, end: 3_000 })).rejects.toThrow(StorageError);
  });

  it('tells where an object can be read by whoever has the address', async () => {
    const { key } = await store(driver, Buffer.from('bytes'));
    const address = await driver.presignRead(key, 60);
    expect(await (await fetch(address)).text()).toBe('bytes');
    expect((await fetch(new URL(address.pathname, address))).status).toBe(403);
    await expect(driver.presignRead('no key', 60)).rejects.toThrow(TypeError);
    expect(await driver.read(objectKey())).toBeNull();
  });
});
