import { randomBytes } from 'node:crypto';
import { BufferBudget } from '../../buffers/buffer-budget.js';
import { ControlledSource, inChunks } from '../controlled-source.js';
import { beginUpload, readAll, store } from '../driver-harness.js';

import type { DriverUnderTest, OpenDriver } from '../driver-harness.js';

/** Many uploads under a budget that is too small for them. */
export function describeSharingMemory(open: OpenDriver, { tightBudgetBytes }: DriverUnderTest): void {
  it('stores twenty uploads at once under a tight budget', async () => {
    const budget = new BufferBudget({ bytes: tightBudgetBytes, patienceMs: 50 });
    const driver = open(budget);
    const bodies = Array.from({ length: 20 }, (_, index) => randomBytes(index * 100_000));
    const objects = await Promise.all(bodies.map((body) => store(driver, body)));
    const read = await Promise.all(objects.map(({ key }) => readAll(driver, key)));
    expect(read.every((bytes, index) => bytes.equals(bodies[index]!))).toBe(true);
    expect(budget.free).toBe(budget.bytes);
  });

  it('lets a fast upload through beside slow ones that could hold all memory', async () => {
    const budget = new BufferBudget({ bytes: tightBudgetBytes, patienceMs: 20 });
    const driver = open(budget);
    const slow = Array.from({ length: 50 }, () => new ControlledSource());
    const appends = slow.map((source) => driver.append(beginUpload(driver), source));
    for (const source of slow) void source.give(Buffer.from('slow, '));
    const bytes = randomBytes(8_000_000);
    const fast = await store(driver, bytes);
    expect((await readAll(driver, fast.key)).equals(bytes)).toBe(true);
    for (const source of slow) {
      void source.give(Buffer.from('but complete'));
      source.end();
    }
    for (const upload of await Promise.all(appends)) {
      const { key } = await driver.commit(upload);
      expect((await readAll(driver, key)).toString()).toBe('slow, but complete');
    }
    expect(budget.free).toBe(budget.bytes);
  });

  it('gives memory back when a body throws', async () => {
    const budget = new BufferBudget({ bytes: tightBudgetBytes });
    const driver = open(budget);
    async function* broken() {
      yield* inChunks(randomBytes(1_000_000));
      throw new Error('a bug');
    }
    await expect(driver.append(beginUpload(driver), broken())).rejects.toThrow('a bug');
    expect(budget.free).toBe(budget.bytes);
  });
}
