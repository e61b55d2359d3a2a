import { randomBytes, randomUUID } from 'node:crypto';
import { BufferBudget, S3Driver } from '#cas';
import { DamageStore, MaintenanceStore, OrphanStore, OutboxStore, UploadSessionStore } from '#metadata';
import { createLogger } from '#platform';
import { parseRepositoryName } from '#oci';
import { describeWithObjectStore, listAll, testBucket, type TestBucket } from '../../../../libs/cas/src/testing/index.js';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { AbortUploadService } from '../abort-upload/abort-upload.service.js';
import { DeleteObjectService } from '../delete-object/delete-object.service.js';
import { RunInHand } from '../maintenance/run-in-hand.js';
import { SweepRun } from './sweep-run.js';

const mebibyte = 1_048_576;
const name = parseRepositoryName('acme/bucket');

describeWithObjectStore('what is left over in a bucket', () => {
  const database = withDatabase();
  let bucket: TestBucket;
  let driver: S3Driver;
  let sessions: UploadSessionStore;

  beforeEach(async () => {
    bucket = await testBucket('here/');
    driver = new S3Driver({ settings: bucket.settings, buffers: new BufferBudget({ bytes: 64 * mebibyte }) });
    sessions = new UploadSessionStore(database.db);
  });
  afterEach(async () => {
    await driver.close();
    await bucket.remove();
    await database.sql('truncate outbox, upload_sessions, maintenance_runs cascade');
  });

  async function* body(size: number) {
    yield randomBytes(size);
  }
  /** A session that has sent a part, and a tail behind it; `known`: its progress was recorded. */
  async function unfinished(known: boolean): Promise<string> {
    const id = randomUUID();
    const begun = driver.begin(id);
    let storage = await driver.append(begun, body(14 * mebibyte));
    storage = await driver.append(storage, body(1_000));
    if (!known) return id;
    await sessions.begin(name, { id, storage: begun, algorithm: 'sha256' });
    const leased = await sessions.lease(name, id, 0);
    if (leased.outcome !== 'leased') throw new Error(leased.outcome);
    await sessions.record(id, leased.lease, { storage, digestSoFar: null, release: true });
    return id;
  }
  const uploads = async () => {
    let count = 0;
    for await (const _upload of driver.listUploads()) count += 1;
    return count;
  };
  const objects = async () => (await listAll(driver, '')).length;
  const drain = async () => {
    const outbox = new OutboxStore(database.db);
    const [deletions, aborts] = [new DeleteObjectService(driver), new AbortUploadService(driver)];
    await outbox.drain('delete-object', deletions.batch, (rows) => deletions.run(rows));
    await outbox.drain('abort-upload', aborts.batch, (rows) => aborts.run(rows));
  };

  async function sweep(dryRun: boolean) {
    const runs = new MaintenanceStore(database.db);
    await runs.request('sweep', { dryRun });
    const hand = new RunInHand(runs, (await runs.claim({ kind: 'sweep', scheduled: false }))!);
    const stores = { orphans: new OrphanStore(database.db), damage: new DamageStore(database.db) };
    const logger = createLogger({ process: 'worker', level: 'silent' });
    // A bucket's clock is not ours, and tells whole seconds.
    const settings = { minAgeSeconds: -60, objectsPerSecond: 1e6 };
    const report = await new SweepRun({ driver, ...stores, settings, logger }).run(hand);
    hand.close();
    return report;
  }

  it('is found and removed by a sweep: tails, objects, multipart uploads', async () => {
    await unfinished(true);
    await unfinished(false);
    expect([await uploads(), await objects()]).toEqual([2, 2]);
    expect(await sweep(true)).toMatchObject({ orphans: 1, orphanBytes: 1_000, uploads: 1, aborted: 0, deleted: 0 });
    expect([await uploads(), await objects()]).toEqual([2, 2]);
    expect(await sweep(false)).toMatchObject({ orphans: 1, uploads: 1, aborted: 1, deleted: 1 });
    await drain();
    expect([await uploads(), await objects()]).toEqual([1, 1]);
  });

  it('goes with its session when that expires', async () => {
    const id = await unfinished(true);
    await database.sql(`update upload_sessions set expires_at = now() - interval '1 second' where id = $1`, [id]);
    expect(await sessions.expire(10)).toBe(1);
    await drain();
    expect([await uploads(), await objects()]).toEqual([0, 0]);
  });
});
