import { randomBytes } from 'node:crypto';
import { BufferBudget } from '../../buffers/buffer-budget.js';
import { BlobTooLargeError } from '../../upload-errors.js';
import { beginUpload, ControlledSource, describeWithObjectStore, inChunks, listAll, readAll, testBucket } from '../../testing/index.js';
import { throughJson, type TestBucket } from '../../testing/index.js';
import type { UploadState } from '../../storage-driver.js';
import { S3Driver } from './s3-driver.js';
import { parseUpload, stateOf } from './s3-upload.js';

const MiB = 1024 * 1024;

describeWithObjectStore('uploads in parts', () => {
  let bucket: TestBucket;
  const budgets: BufferBudget[] = [];
  const drivers: S3Driver[] = [];
  const open = (mebibytes = 64, options: { equalParts?: boolean; patienceMs?: number } = {}) => {
    const buffers = new BufferBudget({ bytes: mebibytes * MiB, patienceMs: options.patienceMs });
    const driver = new S3Driver({ settings: { ...bucket.settings, equalParts: options.equalParts }, buffers });
    budgets.push(buffers);
    drivers.push(driver);
    return driver;
  };
  const uploadsLeft = async () => {
    const left = [];
    for await (const upload of open().listUploads()) left.push(upload);
    return left;
  };

  beforeEach(async () => {
    bucket = await testBucket('here/');
  });
  afterEach(async () => {
    for (const budget of budgets.splice(0)) expect(budget).toMatchObject({ free: budget.bytes, waiting: 0 });
    await Promise.all(drivers.splice(0).map((driver) => driver.close()));
    await bucket.remove();
  });

  const MB = 1_000_000;
  it.each([
    ['around a part', [13 * MiB, 1, 13 * MiB - 1, 8 * MiB, 5 * MiB, 5 * MiB - 1]],
    ['small ones, then a large one', [1, 2 * MB, 30 * MB, 7, 3 * MB]],
    ['a large one, then small ones', [40 * MB, 1, 1, 1, 6 * MB, 2]],
    ['all below a part', [12 * MB, 12 * MB, 3 * MB]],
  ])(
    'joins bodies of every size: %s',
    async (_name, sizes) => {
      for (const equalParts of [false, true]) {
        for (const announced of [false, true]) {
          const bodies = sizes.map((size) => randomBytes(size));
          let upload = beginUpload(open());
          for (const body of bodies) {
            const options = announced ? { expectedBytes: body.length } : {};
            upload = throughJson(await open(64, { equalParts }).append(upload, inChunks(body), options));
          }
          const { key, size } = await open(64, { equalParts }).commit(upload);
          expect(size).toBe(sizes.reduce((sum, one) => sum + one));
          expect((await readAll(open(), key)).equals(Buffer.concat(bodies))).toBe(true);
          await open().delete(open().leftovers(upload, key));
          expect((await listAll(open(), '')).map((object) => object.key)).toEqual([key]);
          expect(await uploadsLeft()).toEqual([]);
          await open().delete([key]);
        }
      }
    },
    60_000,
  );

  it('has parts of one size where it must', async () => {
    const driver = open(64, { equalParts: true });
    let upload = await driver.append(beginUpload(driver), inChunks(randomBytes(20 * MiB)));
    upload = await driver.append(upload, inChunks(randomBytes(11 * MiB)), { expectedBytes: 11 * MiB });
    const { multipart, tails } = parseUpload(upload);
    expect(multipart?.parts.map(({ bytes }) => bytes / MiB)).toEqual([8, 8, 8]);
    expect(tails.map(({ bytes }) => bytes / MiB)).toEqual([7]);
    await driver.abort(upload);
  });

  it('takes hundreds of little bodies, and its state stays small', async () => {
    const chunk = 64 * 1024;
    const bodies = Array.from({ length: 260 }, () => randomBytes(chunk));
    const driver = open();
    let upload = beginUpload(driver);
    let largestState = 0;
    for (const body of bodies) {
      upload = throughJson(await driver.append(upload, inChunks(body), { expectedBytes: chunk }));
      largestState = Math.max(largestState, JSON.stringify(upload).length);
    }
    expect(largestState).toBeLessThan(20_000);
    const { key } = await driver.commit(upload);
    expect((await readAll(driver, key)).equals(Buffer.concat(bodies))).toBe(true);
    await driver.delete(driver.leftovers(upload, key));
    expect(await listAll(driver, '')).toHaveLength(1);
  }, 60_000);

  it('stores a slow body in pieces while others want its memory, and none of them is left', async () => {
    const driver = open(16, { patienceMs: 20 });
    const source = new ControlledSource();
    const pieces = Array.from({ length: 30 }, () => randomBytes(400_000));
    const slow = driver.append(beginUpload(driver), source);
    for (const piece of pieces) {
      void source.give(piece);
      const quick = await driver.append(beginUpload(driver), inChunks(Buffer.alloc(2 * MiB)));
      // It is stored in pieces too where this process stands still for longer than the patience.
      await driver.delete(driver.leftovers(quick, (await driver.commit(quick)).key));
    }
    source.end();
    const upload = await slow;
    const { key } = await driver.commit(upload);
    expect((await readAll(driver, key)).equals(Buffer.concat(pieces))).toBe(true);
    await driver.delete(driver.leftovers(upload, key));
    expect(await listAll(driver, '')).toHaveLength(31);
  }, 60_000);

  it('leaves nothing when aborted, whatever it had stored', async () => {
    const driver = open();
    const states: UploadState[] = [beginUpload(driver)];
    for (const size of [100, 13 * MiB, 20 * MiB, 20 * MiB + 1_000])
      states.push(await driver.append(beginUpload(driver), inChunks(randomBytes(size))));
    states.push(await driver.append(states[1]!, inChunks(randomBytes(100))));
    states.push(await driver.append(states[4]!, inChunks(randomBytes(10 * MiB))));
    const committed = await driver.append(beginUpload(driver), inChunks(randomBytes(14 * MiB)));
    await driver.commit(committed);
    expect(await uploadsLeft()).not.toEqual([]);
    for (const state of [...states, committed, ...states]) await open().abort(throughJson(state));
    expect(await uploadsLeft()).toEqual([]);
    expect(await listAll(driver, '')).toEqual([]);
  });

  it('leaves nothing of a body that throws', async () => {
    const driver = open();
    const kept = await driver.append(beginUpload(driver), inChunks(randomBytes(100)));
    for (const upload of [beginUpload(driver), kept]) {
      for (const size of [2 * MiB, 30 * MiB]) {
        const broken = async function* () {
          yield* inChunks(randomBytes(size));
          throw new Error('a bug');
        };
        await expect(driver.append(upload, broken())).rejects.toThrow('a bug');
      }
    }
    expect(await uploadsLeft()).toEqual([]);
    expect(await listAll(driver, '')).toHaveLength(1);
  });

  it('lists uploads that no state knows of, and aborts them', async () => {
    const driver = open();
    const upload = await driver.append(beginUpload(driver), inChunks(randomBytes(14 * MiB)));
    const [listed, ...others] = await uploadsLeft();
    expect(others).toEqual([]);
    expect(listed).toMatchObject({ key: upload.key, id: parseUpload(upload).multipart!.id });
    expect(Math.abs(listed!.startedAt!.getTime() - Date.now())).toBeLessThan(60_000);
    for (let times = 0; times < 2; times += 1) await driver.abortUploadById(listed!);
    expect(await uploadsLeft()).toEqual([]);
  });

  it('refuses a blob that is too large before it stores anything, and one that proves so', async () => {
    const driver = open(16);
    const tooLarge = driver.append(beginUpload(driver), inChunks(randomBytes(10)), { expectedBytes: driver.largestBlobBytes + 1 });
    await expect(tooLarge).rejects.toThrow(BlobTooLargeError);
    await expect(tooLarge).rejects.toMatchObject({ limit: 10_000 * 8 * MiB });
    const upload = parseUpload(await driver.append(beginUpload(driver), inChunks(randomBytes(14 * MiB))));
    const last = stateOf({ ...upload, multipart: { ...upload.multipart!, nextPart: 10_001 } });
    await expect(driver.append(last, inChunks(randomBytes(6 * MiB)))).rejects.toThrow(BlobTooLargeError);
    await driver.abort(last);
  });
});
