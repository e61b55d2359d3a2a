import { randomUUID } from 'node:crypto';
import { truncate, utimes } from 'node:fs/promises';
import { jest } from '@jest/globals';
import { BufferBudget, FilesystemDriver, type PartialUpload } from '#cas';
import { DamageStore, MaintenanceStore, OrphanStore, type MaintenanceRun } from '#metadata';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { RunInHand } from '../maintenance/run-in-hand.js';
import { Workbench } from '../testing/workbench.js';
import { SweepRun } from './sweep-run.js';

const long = new Date(Date.now() - 3_600_000);
const queue = { kind: 'sweep', scheduled: false } as const;
// A sweep asks for each of 256 shares.
jest.setTimeout(60_000);

/** The filesystem, with multipart uploads beside it as a bucket has them. */
class DriverWithUploads extends FilesystemDriver {
  uploads: PartialUpload[] = [];
  override async *listUploads(): AsyncGenerator<PartialUpload> {
    yield* this.uploads;
  }
  override async abortUploadById({ id }: PartialUpload): Promise<void> {
    this.uploads = this.uploads.filter((upload) => upload.id !== id);
  }
}

describe('a sweep', () => {
  const database = withDatabase();
  let bench: Workbench;
  let runs: MaintenanceStore;
  let driver: DriverWithUploads;

  beforeEach(async () => {
    bench = await Workbench.set(database);
    runs = new MaintenanceStore(database.db);
    driver = new DriverWithUploads({ root: bench.root, buffers: new BufferBudget({ bytes: 1 << 20 }) });
  });
  afterEach(async () => {
    await bench.clear();
    await database.sql('truncate reviews, outbox, upload_sessions, blob_links, blobs, maintenance_runs cascade');
  });

  async function sweep(dryRun = false, objectsPerSecond = 1e6): Promise<MaintenanceRun> {
    await runs.request('sweep', { dryRun });
    return goOn(objectsPerSecond);
  }

  async function goOn(objectsPerSecond = 1e6): Promise<MaintenanceRun> {
    const hand = new RunInHand(runs, (await runs.claim(queue))!);
    const settings = { minAgeSeconds: 60, objectsPerSecond };
    const stores = { orphans: new OrphanStore(database.db), damage: new DamageStore(database.db) };
    try {
      await hand.finish({ report: await new SweepRun({ driver, ...stores, settings, logger: bench.logger }).run(hand) });
    } finally {
      hand.close();
    }
    return (await runs.find(hand.run.id))!;
  }

  const path = (key: string) => `${bench.root}/${key}`;
  /** Bytes that no row has ever heard of. */
  async function orphan(bytes = 3, modified = long): Promise<string> {
    const { key } = await driver.commit(await driver.append(driver.begin(randomUUID()), bytesOf(bytes)));
    await utimes(path(key), modified, modified);
    return key;
  }
  async function* bytesOf(count: number) {
    yield Buffer.alloc(count);
  }
  const makeOld = async () => {
    for (const key of await bench.objects()) await utimes(path(key), long, long);
  };
  const due = async () => (await bench.due('delete-object')).map(({ key }) => key).sort();

  it('finds what no row knows, old enough, and deletes it by way of the outbox', async () => {
    await bench.blob('a blob');
    await bench.upload('going', ' on');
    await bench.sessions.cancel(bench.name, await bench.upload('given up'));
    await makeOld();
    await orphan(5, new Date());
    const [one, two] = [await orphan(7), await orphan(11)];
    const listed = await sweep(true);
    expect(listed.report).toMatchObject({ objects: 7, orphans: 2, orphanBytes: 18, deleted: 0, damaged: 0 });
    expect(listed.report?.examples).toEqual([one, two].sort().map((key) => expect.objectContaining({ key }) as unknown));
    expect(await due()).toEqual([]);
    expect((await sweep()).report).toMatchObject({ orphans: 2, orphanBytes: 18, deleted: 2, deletedBytes: 18 });
    expect(await due()).toEqual([one, two].sort());
    expect((await sweep()).report).toMatchObject({ orphans: 0, deleted: 0 });
  });

  it('deletes nothing that got a row after it was listed', async () => {
    const [late, lost] = [await orphan(), await orphan()];
    await runs.request('sweep');
    const first = (await runs.claim(queue))!;
    await new OrphanStore(database.db).note(
      first.run.id,
      [late, lost].map((key) => ({ key, upload: '', size: 3 })),
    );
    await runs.beat(first, { phase: 'deleting', orphans: 2 });
    await runs.release(first);
    const storage = { offset: 3, pieces: [{ key: late, length: 3 }], joinKey: null };
    await bench.sessions.begin(bench.name, { id: randomUUID(), storage, algorithm: 'sha256' });
    expect((await goOn()).report).toMatchObject({ orphans: 2, deleted: 1 });
    expect(await due()).toEqual([lost]);
  });

  it('goes on where the worker before it was killed', async () => {
    await Promise.all(Array.from({ length: 20 }, () => orphan()));
    const id = await runs.request('sweep');
    const hand = new RunInHand(runs, (await runs.claim(queue))!, 5);
    const settings = { minAgeSeconds: 60, objectsPerSecond: 50 };
    const stores = { orphans: new OrphanStore(database.db), damage: new DamageStore(database.db) };
    const broken = new SweepRun({ driver, ...stores, settings, logger: bench.logger }).run(hand);
    while (Number((await runs.find(id))!.progress.orphans ?? 0) < 5) await new Promise(setImmediate);
    hand.stop(new Error('killed'));
    await expect(broken).rejects.toThrow();
    hand.close();
    expect(await due()).toEqual([]);
    await database.sql(`update maintenance_runs set heartbeat = now() - interval '1 hour'`);
    expect((await goOn()).report).toMatchObject({ objects: 20, orphans: 20, deleted: 20 });
    expect(await due()).toHaveLength(20);
  });

  it('marks blobs whose object is missing or too short, so that they heal, and only tells of them in a dry run', async () => {
    const [whole, gone, short] = [await bench.blob('whole'), await bench.blob('gone'), await bench.blob('short')];
    const keyOf = async (digest: typeof gone) => (await bench.blobs.find(bench.name, digest))!.storageKey;
    await driver.delete([await keyOf(gone)]);
    await truncate(path(await keyOf(short)), 2);
    expect((await sweep(true)).report).toMatchObject({ damaged: 2, damagedDigests: expect.arrayContaining([gone, short]) as unknown });
    expect(await bench.blobs.find(bench.name, gone)).not.toBeNull();
    expect((await sweep()).report).toMatchObject({ damaged: 2 });
    expect(await bench.blobs.find(bench.name, gone)).toBeNull();
    expect(await bench.blobs.find(bench.name, short)).toBeNull();
    await Promise.all([bench.blob('gone'), bench.blob('short')]);
    for (const blob of [whole, gone, short]) expect(await bench.blobs.find(bench.name, blob)).not.toBeNull();
    expect((await sweep()).report).toMatchObject({ damaged: 0 });
  });

  it('concludes nothing from storage that is empty', async () => {
    const blob = await bench.blob('on another disk');
    driver = new DriverWithUploads({ root: `${bench.root}/elsewhere`, buffers: new BufferBudget({ bytes: 1 << 20 }) });
    await expect(sweep()).rejects.toThrow('is it the right one, and mounted?');
    expect(await bench.blobs.find(bench.name, blob)).not.toBeNull();
  });

  it('aborts multipart uploads that no upload session knows', async () => {
    const key = (await bench.blob('live'), (await bench.objects())[0]!);
    await bench.sessions.begin(bench.name, { id: randomUUID(), storage: { offset: 0, multipart: { id: 'live' } }, algorithm: 'sha256' });
    const upload = (id: string, startedAt = long) => ({ key, id, startedAt });
    driver.uploads = [upload('live'), upload('left over'), upload('young', new Date())];
    expect((await sweep(true)).report).toMatchObject({ uploads: 1, aborted: 0 });
    expect((await sweep()).report).toMatchObject({ uploads: 1, aborted: 1 });
    expect(driver.uploads.map(({ id }) => id)).toEqual(['live', 'young']);
    expect(await bench.objects()).toEqual([key]);
  });
});
