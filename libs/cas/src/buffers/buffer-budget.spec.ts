import { BufferBudget } from './buffer-budget.js';

describe('BufferBudget', () => {
  it('serves in the order of asking, a small wish behind a large one too', async () => {
    const budget = new BufferBudget({ bytes: 10 });
    const first = await budget.reserve(8);
    const served: number[] = [];
    const later = [6, 1, 4].map(async (bytes) => {
      const reservation = await budget.reserve(bytes);
      served.push(bytes);
      return reservation;
    });
    expect(budget.waiting).toBe(3);
    first.release();
    const [six, one] = await Promise.all(later.slice(0, 2));
    expect(served).toEqual([6, 1]);
    expect(budget.free).toBe(3);
    six!.release();
    one!.release();
    (await later[2]!).release();
    expect(served).toEqual([6, 1, 4]);
    expect(budget.free).toBe(10);
  });

  it('counts a release once', async () => {
    const budget = new BufferBudget({ bytes: 10 });
    const reservation = await budget.reserve(10);
    reservation.release();
    reservation.release();
    expect(budget.free).toBe(10);
  });

  it('takes back a part of what was granted, for whoever waits', async () => {
    const budget = new BufferBudget({ bytes: 10 });
    const large = await budget.reserve(10);
    const waiting = budget.reserve(4);
    large.shrink(6);
    expect((await waiting).bytes).toBe(4);
    expect(large.bytes).toBe(6);
    expect(() => large.shrink(7)).toThrow(RangeError);
    large.release();
    (await waiting).release();
    expect(budget.free).toBe(10);
  });

  it('wants back what is held too long while others wait, the oldest first', async () => {
    const budget = new BufferBudget({ bytes: 2, patienceMs: 10 });
    const [old, young] = [await budget.reserve(1), await budget.reserve(1)];
    const waiting = budget.reserve(1);
    await old.wanted;
    old.release();
    (await waiting).release();
    young.release();
    expect(budget).toMatchObject({ free: 2, waiting: 0 });
  });

  it('lets somebody give up waiting, and serves the next', async () => {
    const budget = new BufferBudget({ bytes: 10 });
    const held = await budget.reserve(5);
    const gone = new AbortController();
    const large = budget.reserve(10, gone.signal);
    const small = budget.reserve(5);
    gone.abort(new Error('gone'));
    await expect(large).rejects.toThrow('gone');
    (await small).release();
    await expect(budget.reserve(10, gone.signal)).rejects.toThrow('gone');
    held.release();
    expect(budget).toMatchObject({ free: 10, waiting: 0 });
  });

  it('refuses what could never be granted', () => {
    expect(() => new BufferBudget({ bytes: 10 }).reserve(11)).toThrow(RangeError);
    expect(() => new BufferBudget({ bytes: 0 })).toThrow(RangeError);
  });
});
