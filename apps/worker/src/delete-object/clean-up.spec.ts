import { randomUUID } from 'node:crypto';
import { BufferBudget, FilesystemDriver } from '#cas';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { AbortUploadService } from '../abort-upload/abort-upload.service.js';
import { digestOfText, Workbench } from '../testing/workbench.js';
import { DeleteObjectService } from './delete-object.service.js';

describe('giving bytes back', () => {
  const database = withDatabase();
  let bench: Workbench;
  let twice: string;

  beforeEach(async () => {
    bench = await Workbench.set(database);
    twice = `pushed twice: ${randomUUID()}`;
  });
  afterEach(async () => {
    await database.sql('truncate outbox');
    await bench.clear();
  });

  const drainDeletions = (by: DeleteObjectService) => bench.outbox.drain('delete-object', by.batch, (rows) => by.run(rows));

  it('removes the object of a second push of the same bytes', async () => {
    const digest = await bench.blob(twice);
    await bench.blob(twice);
    expect(await bench.objects()).toHaveLength(2);
    expect(await drainDeletions(new DeleteObjectService(bench.driver))).toBe(1);
    expect(await bench.objects()).toEqual([(await bench.blobs.find(bench.name, digest))?.storageKey]);
  });

  it('is not held up by one key that is none', async () => {
    await bench.blob(twice);
    await bench.blob(twice);
    await database.sql(`insert into outbox (kind, key) values ('delete-object', '../outside')`);
    await drainDeletions(new DeleteObjectService(bench.driver));
    expect(await bench.objects()).toHaveLength(1);
    expect(await bench.due('delete-object')).toMatchObject([{ key: '../outside', attempts: 1 }]);
  });

  it('tries again later where storage fails', async () => {
    await bench.blob(twice);
    await bench.blob(twice);
    const [key] = await bench.objects();
    const broken = new FilesystemDriver({ root: `${bench.root}/${key}`, buffers: new BufferBudget({ bytes: 1 << 20 }) });
    await drainDeletions(new DeleteObjectService(broken));
    expect(await bench.due('delete-object')).toMatchObject([{ attempts: 1, parked: false }]);
  });

  it.each([
    ['cancelled', async () => bench.sessions.cancel(bench.name, await bench.upload('some', ' bytes'))],
    [
      'found wrong',
      async () =>
        bench.sessions.settle(await bench.completed(digestOfText('other'), 'some'), { ok: false, kind: 'digestMismatch', detail: {} }),
    ],
  ])('removes what an upload stored that was %s', async (_how, end) => {
    await end();
    expect(await bench.objects()).not.toEqual([]);
    const service = new AbortUploadService(bench.driver);
    await bench.outbox.drain('abort-upload', service.batch, (rows) => service.run(rows));
    expect(await bench.objects()).toEqual([]);
    expect(await bench.due('abort-upload')).toEqual([]);
  });
});
