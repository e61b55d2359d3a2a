import { randomBytes, randomUUID } from 'node:crypto';
import { objectKey } from '../../storage-keys.js';
import { listAll, readAll, store } from '../driver-harness.js';
import type { OpenDriver } from '../driver-harness.js';

/** Reading, looking up, listing and deleting. */
export function describeReading(open: OpenDriver): void {
  it('reads ranges', async () => {
    const driver = open();
    const bytes = randomBytes(3_000_000);
    const { key } = await store(driver, bytes);
    for (const [start, end] of [
      [0, 0],
      [0, 65_535],
      [1, 70_000],
      [1_048_575, 1_048_576],
      [2_999_999, 2_999_999],
      [0, 2_999_999],
      [5, 2_500_000],
    ] as const) {
      expect((await readAll(driver, key, { start, end })).equals(bytes.subarray(start, end + 1))).toBe(true);
    }
  });

  it('reads many objects at once', async () => {
    const driver = open();
    const bodies = Array.from({ length: 40 }, (_, index) => randomBytes(index * 50_000));
    const objects = await Promise.all(bodies.map((body) => store(driver, body)));
    const read = await Promise.all(objects.map(({ key }) => readAll(driver, key)));
    expect(read.every((bytes, index) => bytes.equals(bodies[index]!))).toBe(true);
  });

  it('lets go of a reader that is left early, or never begun', async () => {
    const driver = open();
    const bytes = randomBytes(5_000_000);
    const { key } = await store(driver, bytes);
    for await (const chunk of (await driver.read(key))!) {
      expect(bytes.subarray(0, chunk.length).equals(chunk)).toBe(true);
      break;
    }
    const unused = (await driver.read(key))!;
    await unused.return();
    expect(await unused.next()).toEqual({ done: true, value: undefined });
    expect((await readAll(driver, key)).equals(bytes)).toBe(true);
  });

  it('answers null for keys that do not exist', async () => {
    const driver = open();
    expect(await driver.read(objectKey())).toBeNull();
    expect(await driver.read(objectKey(), { start: 0, end: 5 })).toBeNull();
    expect(await driver.stat(objectKey())).toBeNull();
  });

  it.each(['', '/etc/passwd', 'blobs/../../etc/passwd', 'blobs/aa', `blobs/zz/${randomUUID()}`, `${objectKey()}/..`, `${objectKey()}\0`])(
    'refuses the key %p',
    async (key) => {
      const driver = open();
      await expect(driver.read(key)).rejects.toThrow(TypeError);
      await expect(driver.stat(key)).rejects.toThrow(TypeError);
      await expect(driver.delete([key])).rejects.toThrow(TypeError);
    },
  );

  it('refuses a range that is none', async () => {
    const { key } = await store(open(), randomBytes(10));
    await expect(open().read(key, { start: 5, end: 4 })).rejects.toThrow(RangeError);
    await expect(open().read(key, { start: -1, end: 4 })).rejects.toThrow(RangeError);
  });

  it('deletes, also what is gone already', async () => {
    const driver = open();
    const [one, two, kept] = await Promise.all([
      store(driver, randomBytes(1)),
      store(driver, randomBytes(2)),
      store(driver, randomBytes(3)),
    ]);
    const missing = Array.from({ length: 900 }, () => objectKey());
    await driver.delete([]);
    for (let times = 0; times < 2; times += 1) await driver.delete([one.key, ...missing, two.key]);
    expect(await driver.read(one.key)).toBeNull();
    expect(await driver.stat(two.key)).toBeNull();
    expect(await readAll(driver, kept.key)).toHaveLength(3);
  });

  it('lists objects by prefix, with size and time', async () => {
    const driver = open();
    const before = Date.now();
    const sizes = [5, 70_000, 0, 1, 2, 3];
    const objects = await Promise.all(sizes.map((size) => store(driver, randomBytes(size))));
    const found = await listAll(driver, '');
    const sizesByKey = (entries: readonly { key: string; size: number }[]) => new Map(entries.map(({ key, size }) => [key, size]));
    expect(sizesByKey(found)).toEqual(sizesByKey(objects));
    // Storage keeps its own clock, some of them by the second.
    for (const { modifiedAt } of found) expect(Math.abs(modifiedAt!.getTime() - before)).toBeLessThan(60_000);
    const { key } = objects[0]!;
    expect((await listAll(driver, key.slice(0, -5))).map((object) => object.key)).toEqual([key]);
    expect(await listAll(driver, `${key.slice(0, 9)}zz`)).toEqual([]);
    expect(await listAll(driver, 'other/')).toEqual([]);
  });

  it('knows how much room is left, or that there is no limit', async () => {
    const free = await open().freeBytes();
    expect(free === null || (Number.isSafeInteger(free) && free > 0)).toBe(true);
  });
}
