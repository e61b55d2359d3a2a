import { randomBytes } from 'node:crypto';
import { ControlledSource, inChunks } from '../controlled-source.js';
import { beginUpload, listAll, readAll, store, throughJson } from '../driver-harness.js';
import type { OpenDriver } from '../driver-harness.js';

/** Begin, append, commit, abort by one writer. */
export function describeUploading(open: OpenDriver): void {
  it.each([1, 1_000, 65_536, 65_537, 1_048_576, 5_000_001])('stores %i bytes and gives them back', async (size) => {
    const driver = open();
    const bytes = randomBytes(size);
    const appended = await driver.append(beginUpload(driver), inChunks(bytes));
    expect(appended.offset).toBe(size);
    expect(driver.needsJoin(appended)).toBe(false);
    const object = await driver.commit(appended);
    expect(object.size).toBe(size);
    expect((await readAll(driver, object.key)).equals(bytes)).toBe(true);
    expect((await driver.stat(object.key))?.size).toBe(size);
  });

  it('stores an upload without bytes', async () => {
    const driver = open();
    const object = await driver.commit(beginUpload(driver));
    expect(object.size).toBe(0);
    expect(await readAll(driver, object.key)).toHaveLength(0);
    expect(await driver.commit(throughJson(await driver.append(beginUpload(driver), inChunks(Buffer.alloc(0)))))).toMatchObject({
      size: 0,
    });
  });

  it('touches nothing until bytes come', async () => {
    const driver = open();
    const upload = beginUpload(driver);
    expect(upload.offset).toBe(0);
    expect(await driver.append(upload, inChunks(Buffer.alloc(0)))).toEqual(upload);
    expect(await listAll(driver, '')).toEqual([]);
  });

  it('appends one body after another', async () => {
    const driver = open();
    const bodies = [1, 300_000, 64, 1_500_000, 7].map((size) => randomBytes(size));
    let upload = beginUpload(driver);
    for (const body of bodies) upload = await driver.append(upload, inChunks(body), { expectedBytes: body.length });
    upload = await driver.append(upload, inChunks(Buffer.alloc(0)), { expectedBytes: 0 });
    const { key } = await driver.commit(upload);
    expect((await readAll(driver, key)).equals(Buffer.concat(bodies))).toBe(true);
  });

  it('knows an object that needs no commit', async () => {
    const driver = open();
    const bytes = randomBytes(1_000);
    expect(driver.asObject(beginUpload(driver))).toBeNull();
    const upload = await driver.append(beginUpload(driver), inChunks(bytes));
    const object = driver.asObject(throughJson(upload));
    expect(object).toMatchObject({ size: 1_000 });
    expect((await readAll(driver, object!.key)).equals(bytes)).toBe(true);
    expect((await driver.commit(upload)).key).toBe(object?.key);
  });

  it('takes the memory of chunks along that are given away, and of no others', async () => {
    const driver = open();
    const bytes = randomBytes(300_000);
    const given: Buffer[] = [];
    async function* givenAway() {
      for (let at = 0; at < bytes.length; at += 65_536) {
        const chunk = Buffer.from(new Uint8Array(bytes.subarray(at, at + 65_536)).buffer);
        given.push(chunk);
        yield chunk;
      }
    }
    const upload = await driver.append(beginUpload(driver), givenAway(), { ownsChunks: true });
    expect(given.map((chunk) => chunk.length)).toEqual(given.map(() => 0));
    const whole = Buffer.from(new Uint8Array(bytes).buffer);
    const twice = await driver.append(await driver.append(upload, inChunks(whole, whole.length)), inChunks(bytes), { ownsChunks: true });
    expect(whole.equals(bytes)).toBe(true);
    const { key } = await driver.commit(twice);
    expect((await readAll(driver, key)).equals(Buffer.concat([bytes, bytes, bytes]))).toBe(true);
  });

  it('takes chunks of any size', async () => {
    const driver = open();
    const bytes = randomBytes(2_500_000);
    const sizes = [1, 0, 7, 1_000_000, 3, 0, 262_144, 65_535, 65_537, 1_000_000];
    async function* oddly() {
      let at = 0;
      for (const size of sizes) yield bytes.subarray(at, (at += size));
      for (; at < bytes.length; at += 97) yield bytes.subarray(at, at + 97);
    }
    const { key } = await driver.commit(await driver.append(beginUpload(driver), oddly()));
    expect((await readAll(driver, key)).equals(bytes)).toBe(true);
  });

  it('keeps what came when a body ends before its announced length', async () => {
    const driver = open();
    const bytes = randomBytes(200_000);
    const early = await driver.append(beginUpload(driver), inChunks(bytes.subarray(0, 120_000)), { expectedBytes: 200_000 });
    expect(early.offset).toBe(120_000);
    const { key } = await driver.commit(await open().append(throughJson(early), inChunks(bytes.subarray(120_000))));
    expect((await readAll(driver, key)).equals(bytes)).toBe(true);
  });

  it('rethrows the error of a body, and the upload can go on from where it was', async () => {
    const driver = open();
    const first = await driver.append(beginUpload(driver), inChunks(Buffer.from('first ')));
    const source = new ControlledSource();
    const failing = driver.append(first, source);
    await source.give(Buffer.from('lost'));
    source.fail(new Error('a bug'));
    await expect(failing).rejects.toThrow('a bug');
    const { key } = await driver.commit(await driver.append(first, inChunks(Buffer.from('second'))));
    expect((await readAll(driver, key)).toString()).toBe('first second');
  });

  it('answers a repeated commit with the same object', async () => {
    const driver = open();
    const upload = throughJson(await driver.append(beginUpload(driver), inChunks(Buffer.from('bytes'))));
    const object = await driver.commit(upload);
    expect(await open().commit(upload)).toMatchObject({ key: object.key, size: 5 });
    expect((await readAll(driver, object.key)).toString()).toBe('bytes');
  });

  it('removes what an aborted upload stored, however often it is asked', async () => {
    const driver = open();
    const kept = await store(driver, randomBytes(10));
    const upload = await driver.append(beginUpload(driver), inChunks(randomBytes(100_000)));
    const taken = await driver.append(driver.takeOver(upload), inChunks(randomBytes(10)));
    for (const state of [taken, taken, beginUpload(driver)]) await open().abort(throughJson(state));
    expect((await listAll(driver, '')).map(({ key }) => key)).toEqual([kept.key]);
  });

  it('refuses ids and states that are not its own', async () => {
    const driver = open();
    expect(() => driver.begin('../../etc')).toThrow(TypeError);
    await expect(driver.append({ offset: 0 }, inChunks(randomBytes(1)))).rejects.toThrow(TypeError);
    await expect(driver.commit({ ...beginUpload(driver), offset: 1 })).rejects.toThrow(TypeError);
  });
}
