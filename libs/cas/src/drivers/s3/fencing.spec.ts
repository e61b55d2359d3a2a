import { randomBytes } from 'node:crypto';
import { BufferBudget } from '../../buffers/buffer-budget.js';
import { UploadLostError } from '../../upload-errors.js';
import { beginUpload, ControlledSource, describeWithObjectStore, inChunks, listAll, readAll, StoreProxy } from '../../testing/index.js';
import { testBucket, throughJson, type TestBucket } from '../../testing/index.js';
import { S3Driver } from './s3-driver.js';
import { parseUpload, stateOf } from './s3-upload.js';

const MiB = 1024 * 1024;

describeWithObjectStore('two writers on S3', () => {
  let bucket: TestBucket;
  let proxy: StoreProxy;
  /** Its requests can be held back. */
  let stalling: S3Driver;
  let driver: S3Driver;

  beforeEach(async () => {
    bucket = await testBucket();
    proxy = await StoreProxy.before(bucket.settings.endpoint!);
    const buffers = () => new BufferBudget({ bytes: 64 * MiB });
    stalling = new S3Driver({ settings: { ...bucket.settings, endpoint: proxy.endpoint }, buffers: buffers() });
    driver = new S3Driver({ settings: bucket.settings, buffers: buffers() });
  });
  afterEach(async () => {
    await stalling.close();
    await driver.close();
    await proxy.close();
    await bucket.remove();
  });

  /** Holds back the requests of an operation; `stalled` resolves when the first has come. */
  function stall(operation: string): { stalled: Promise<void>; wake: () => void } {
    const { promise: stalled, resolve: came } = Promise.withResolvers<void>();
    const { promise: woken, resolve: wake } = Promise.withResolvers<void>();
    proxy.intercept = async (name) => {
      if (name !== operation) return;
      came();
      await woken;
    };
    return { stalled, wake };
  }

  /** An upload of 20 MiB whose next part an old writer is sending while another one has gone on from the same state. */
  async function takenOverInMidPart(oldBytes: Buffer, newBytes: Buffer) {
    const first = randomBytes(20 * MiB);
    const upload = throughJson(await stalling.append(beginUpload(stalling), inChunks(first)));
    const { stalled, wake } = stall('UploadPart');
    const old = stalling.append(upload, inChunks(oldBytes));
    await stalled;
    const taken = throughJson(await driver.append(driver.takeOver(upload), inChunks(newBytes)));
    return { whole: Buffer.concat([first, newBytes]), old, wake, taken };
  }

  it('a part that wakes up after the upload was completed changes nothing', async () => {
    const { whole, old, wake, taken } = await takenOverInMidPart(randomBytes(20 * MiB), randomBytes(20 * MiB));
    const { key } = await driver.commit(taken);
    wake();
    await expect(old).rejects.toThrow(UploadLostError);
    expect((await readAll(driver, key)).equals(whole)).toBe(true);
  });

  it('a part that wakes up before changes nothing where it is the same', async () => {
    const same = randomBytes(20 * MiB);
    const { whole, old, wake, taken } = await takenOverInMidPart(same, same);
    wake();
    await old;
    const { key } = await driver.commit(taken);
    expect((await readAll(driver, key)).equals(whole)).toBe(true);
  });

  it('a part that wakes up before ends the upload where it is another', async () => {
    const { old, wake, taken } = await takenOverInMidPart(randomBytes(20 * MiB), randomBytes(20 * MiB));
    wake();
    await old;
    await expect(driver.commit(taken)).rejects.toThrow(UploadLostError);
    await driver.abort(taken);
    expect(await listAll(driver, '')).toEqual([]);
  });

  it('an upload is lost, never wrong, where another writer has put other bytes under a recorded part', async () => {
    const upload = await driver.append(beginUpload(driver), inChunks(randomBytes(20 * MiB)));
    const state = parseUpload(upload);
    // As a writer does that was given the same state and has stalled for very long.
    const older = stateOf({ ...state, offset: 0, multipart: { ...state.multipart!, parts: [], nextPart: 1 } });
    await driver.append(older, inChunks(randomBytes(20 * MiB)));
    await expect(driver.commit(upload)).rejects.toThrow(UploadLostError);
    expect(await listAll(driver, '')).toEqual([]);
    await driver.abort(upload);
  });

  it('what was completed with other parts is not taken for its own, whatever the store answers', async () => {
    const bytes = randomBytes(20 * MiB);
    const upload = await driver.append(beginUpload(driver), inChunks(bytes));
    const { key } = await driver.commit(upload);
    const state = parseUpload(upload);
    const [first, ...others] = state.multipart!.parts;
    const other = stateOf({ ...state, multipart: { ...state.multipart!, parts: [{ ...first!, etag: '0'.repeat(32) }, ...others] } });
    await expect(driver.commit(other)).rejects.toThrow(UploadLostError);
    expect(await driver.commit(throughJson(upload))).toMatchObject({ key, size: bytes.length });
    expect((await readAll(driver, key)).equals(bytes)).toBe(true);
  });

  it('of two that commit different tails behind the same parts, one is told; the other may do so twice', async () => {
    const first = randomBytes(20 * MiB);
    const upload = await driver.append(beginUpload(driver), inChunks(first));
    const one = await driver.append(upload, inChunks(Buffer.from('one')));
    const other = await driver.append(driver.takeOver(upload), inChunks(Buffer.from('two')));
    const committed = await driver.commit(one);
    const replayed = await driver.commit(throughJson(one));
    expect(replayed).toMatchObject({ key: committed.key, size: first.length + 3 });
    await expect(driver.commit(other)).rejects.toThrow(UploadLostError);
    expect((await readAll(driver, committed.key)).equals(Buffer.concat([first, Buffer.from('one')]))).toBe(true);
  });

  it('a late small object of the old writer meets nobody', async () => {
    const upload = beginUpload(stalling);
    const { stalled, wake } = stall('PutObject');
    const old = stalling.append(upload, inChunks(Buffer.from('old, but much longer')));
    await stalled;
    const { key } = await driver.commit(await driver.append(driver.takeOver(upload), inChunks(Buffer.from('new'))));
    wake();
    await old;
    expect((await readAll(driver, key)).toString()).toBe('new');
  });

  it('a commit that wakes up after its upload went on commits nothing else', async () => {
    const bodies = ['a', 'b', 'c'].map((text) => Buffer.from(text));
    let upload = beginUpload(stalling);
    for (const body of bodies) upload = await stalling.append(upload, inChunks(body));
    const { stalled, wake } = stall('PutObject');
    const old = stalling.commit(upload);
    await stalled;
    const object = await driver.commit(await driver.append(driver.takeOver(upload), inChunks(Buffer.from('d'))));
    wake();
    await old.catch(() => undefined);
    expect((await readAll(driver, object.key)).toString()).toBe('abcd');
  });

  it('goes on beside a source that still gives the old writer bytes', async () => {
    const upload = await driver.append(beginUpload(driver), inChunks(randomBytes(15 * MiB)));
    const source = new ControlledSource();
    const old = driver.append(upload, source);
    await source.give(Buffer.from('old'));
    const taken = await driver.append(driver.takeOver(upload), inChunks(Buffer.from('new')));
    const { key } = await driver.commit(taken);
    void source.give(randomBytes(100));
    source.end();
    await old;
    expect((await readAll(driver, key)).subarray(15 * MiB).toString()).toBe('new');
  });
});
