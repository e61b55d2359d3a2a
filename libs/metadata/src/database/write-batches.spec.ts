import { setImmediate as turn } from 'node:timers/promises';
import { WriteBatches } from './write-batches.js';

interface Item {
  readonly name: string;
  readonly share?: number;
}

/** Writes whose answers are given by hand. */
function recorded() {
  const sent: { names: string[]; answer: (answers: string[]) => void; fail: (error: Error) => void }[] = [];
  const batches = new WriteBatches<Item, string>({
    keysOf: ({ name }) => [name[0]!],
    shareOf: ({ share }) => share ?? 0.1,
    isFinal: (error) => (error as Error).message === 'cut',
    send: (items) => new Promise((answer, fail) => sent.push({ names: items.map(({ name }) => name), answer, fail })),
  });
  const write = (...names: string[]) => names.map((name) => batches.write({ name }));
  const names = () => sent.map((one) => one.names);
  return { sent, names, batches, write };
}

describe('writes that share statements', () => {
  it('go together where they come together, each with its own answer', async () => {
    const { sent, names, write } = recorded();
    const writes = Promise.all(write('a', 'b', 'c'));
    await turn();
    expect(names()).toEqual([['a', 'b', 'c']]);
    sent[0]!.answer(['A', 'B', 'C']);
    expect(await writes).toEqual(['A', 'B', 'C']);
  });

  it('are in flight two at a time; what comes meanwhile is the next', async () => {
    const { sent, names, write } = recorded();
    for (const name of ['a', 'b', 'c', 'd']) {
      void write(name);
      await turn();
    }
    expect(names()).toEqual([['a'], ['b']]);
    sent[1]!.answer(['B']);
    await turn();
    expect(names()).toEqual([['a'], ['b'], ['c', 'd']]);
  });

  it('leave to the next what would meet a row twice, and nothing else', async () => {
    const { sent, names, write } = recorded();
    const writes = write('a1', 'a2', 'b', 'a3');
    await turn();
    expect(names()).toEqual([['a1', 'b'], ['a2']]);
    sent[0]!.answer(['A1', 'B']);
    sent[1]!.answer(['A2']);
    await turn();
    sent[2]!.answer(['A3']);
    expect(await Promise.all(writes)).toEqual(['A1', 'A2', 'B', 'A3']);
  });

  it('fill a batch in order of arrival; a large one goes at once, and alone', async () => {
    const { names, batches } = recorded();
    for (const name of ['a', 'b', 'c', 'd', 'e']) void batches.write({ name, share: 0.25 });
    void batches.write({ name: 'large', share: 0.3 });
    expect(names()).toEqual([['large']]);
    await turn();
    expect(names()).toEqual([['large'], ['a', 'b', 'c', 'd'], ['e']]);
  });

  it('are tried one by one where they failed together: nobody fails by a neighbour', async () => {
    const { sent, names, write } = recorded();
    const writes = Promise.allSettled(write('a', 'b'));
    await turn();
    sent[0]!.fail(new Error('b is wrong'));
    await turn();
    expect(names()).toEqual([['a', 'b'], ['a'], ['b']]);
    sent[1]!.answer(['A']);
    sent[2]!.fail(new Error('b is wrong'));
    expect(await writes).toMatchObject([{ value: 'A' }, { reason: { message: 'b is wrong' } }]);
  });

  it('are not repeated where nobody knows what became of them', async () => {
    const { sent, names, write } = recorded();
    const writes = Promise.allSettled(write('a', 'b'));
    await turn();
    sent[0]!.fail(new Error('cut'));
    expect(await writes).toMatchObject([{ reason: { message: 'cut' } }, { reason: { message: 'cut' } }]);
    expect(names()).toEqual([['a', 'b']]);
  });

  it('do not wait for long behind those that hang', async () => {
    const { sent, names, write } = recorded();
    void write('a');
    await turn();
    void write('b');
    await turn();
    const [free] = write('c');
    while (sent.length < 3) await turn();
    expect(names()).toEqual([['a'], ['b'], ['c']]);
    sent[2]!.answer(['C']);
    expect(await free).toBe('C');
  });
});
