import { setImmediate as turn } from 'node:timers/promises';
import { Batch } from './batch.js';

/** A fetch whose answers are given by hand. */
function recorded() {
  const sent: { keys: string[]; answer: (found: Map<string, number>) => void; fail: (error: Error) => void }[] = [];
  const fetch = (keys: string[]) =>
    new Promise<Map<string, number>>((answer, fail) => {
      sent.push({ keys, answer, fail });
    });
  return { sent, batch: new Batch<string, number>({ spell: (key) => key.toLowerCase(), fetch }) };
}

describe('a batch of lookups', () => {
  it('asks once for all that come together, and once for equal keys', async () => {
    const { sent, batch } = recorded();
    const loads = Promise.all([batch.load('a'), batch.load('B'), batch.load('b'), batch.load('c')]);
    await turn();
    expect(sent.map(({ keys }) => keys)).toEqual([['a', 'b', 'c']]);
    sent[0]!.answer(new Map([['a', 1], ['b', 2]])); // prettier-ignore
    expect(await loads).toEqual([1, 2, 2, null]);
  });

  it('never joins a lookup to what is sent already, and has two in flight at most', async () => {
    const { sent, batch } = recorded();
    const loads: Promise<number | null>[] = [];
    for (const key of ['a', 'a', 'a', 'a']) {
      loads.push(batch.load(key));
      await turn();
    }
    expect(sent).toHaveLength(2);
    sent[1]!.answer(new Map([['a', 2]]));
    expect(await loads[1]).toBe(2);
    await turn();
    expect(sent).toHaveLength(3);
    sent[0]!.answer(new Map([['a', 1]]));
    sent[2]!.answer(new Map([['a', 3]]));
    expect(await Promise.all(loads)).toEqual([1, 2, 3, 3]);
  });

  it('goes on after a failure, which only those see who were in it', async () => {
    const { sent, batch } = recorded();
    const failing = batch.load('a');
    await turn();
    sent[0]!.fail(new Error('gone'));
    await expect(failing).rejects.toThrow('gone');
    const next = batch.load('a');
    await turn();
    sent[1]!.answer(new Map([['a', 1]]));
    expect(await next).toBe(1);
  });
});
