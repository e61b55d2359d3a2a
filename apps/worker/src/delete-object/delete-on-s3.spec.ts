import { randomBytes } from 'node:crypto';
import { openDriver, type StorageDriver } from '#cas';
import { OutboxStore } from '#metadata';
import {
  describeWithObjectStore,
  listAll,
  store,
  StoreProxy,
  testBucket,
  type TestBucket,
} from '../../../../libs/cas/src/testing/index.js';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { DeleteObjectService } from './delete-object.service.js';

describeWithObjectStore('giving bytes on S3 back', () => {
  const database = withDatabase();
  let bucket: TestBucket;
  let proxy: StoreProxy;
  let driver: StorageDriver;

  beforeEach(async () => {
    bucket = await testBucket();
    proxy = await StoreProxy.before(bucket.settings.endpoint!);
    driver = openDriver({ ...bucket.settings, endpoint: proxy.endpoint });
  });
  afterEach(async () => {
    await database.sql('truncate outbox');
    await driver.close();
    await proxy.close();
    await bucket.remove();
  });

  /** Objects whose bytes nobody needs any more, by key. */
  async function garbage(count: number): Promise<string[]> {
    const objects = await Promise.all(Array.from({ length: count }, () => store(driver, randomBytes(10))));
    const keys = objects.map(({ key }) => key);
    await database.sql(`insert into outbox (kind, key) select 'delete-object', unnest($1::text[])`, [keys]);
    proxy.counts();
    return keys;
  }

  const drain = () => {
    const service = new DeleteObjectService(driver);
    return new OutboxStore(database.db).drain('delete-object', service.batch, (rows) => service.run(rows));
  };
  const due = () => database.sql(`select key, attempts from outbox where kind = 'delete-object'`);

  it('removes many objects with one request, and their rows', async () => {
    await garbage(50);
    expect(await drain()).toBe(50);
    expect(proxy.counts()).toEqual({ DeleteObjects: 1 });
    expect(await listAll(driver, '')).toEqual([]);
    expect(await due()).toEqual([]);
  });

  it('tries again only what the store kept', async () => {
    const keys = await garbage(5);
    const errors = `<Error><Key>${keys[3]}</Key><Code>AccessDenied</Code></Error>`;
    proxy.changes.set('DeleteObjects', ({ headers }) => ({ headers, body: `<DeleteResult>${errors}</DeleteResult>` }));
    await drain();
    expect(await due()).toEqual([{ key: keys[3], attempts: 1 }]);
  });

  it('tries everything again where the store failed', async () => {
    await garbage(5);
    proxy.intercept = () => ({ status: 500, code: 'InternalError' });
    await drain();
    proxy.intercept = () => undefined;
    expect(await due()).toHaveLength(5);
    expect(await listAll(driver, '')).toHaveLength(5);
  });
});
