import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { WriteBatches } from './write-batches.js';

interface Item {
  readonly name: string;
  readonly share?: number;
}

/** What the server says, and has rolled back. */
const refusal = () => Object.assign(new pg.DatabaseError('b is wrong', 10, 'error'), { severity: 'ERROR', code: '23505' });

/** Writes whose answers are given by hand. */
function recorded() {
  const sent: { names: string[]; answer: (answers: string[]) => void; fail: (error: Error) => void }[] = [];
  const batches = new WriteBatches<Item, string>({
    keysOf: ({ name }) => [name[0]!],
    shareOf: ({ share }) => share ?? 0.1,
    send: (items) => new Promise((answer, fail) => sent.push({ names: items.map(({ name }) => name), answer, fail })),
    most: 3,
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

  it('are sent at once where nothing is in flight; what comes meanwhile is the next', async () => {
    const { sent, names, write } = recorded();
    for (const name of ['a', 'b', 'c']) {
      void write(name);
      await turn();
    }
    expect(names()).toEqual([['a']]);
    sent[0]!.answer(['A']);
    while (sent.length < 2) await turn();
    expect(names()).toEqual([['a'], ['b', 'c']]);
  });

  it('have a second statement once as many wait, four at least, and no third', async () => {
    const { names, write } = recorded();
    const arrive = async (...arriving: string[]) => {
      void write(...arriving);
      await turn();
    };
    await arrive('a');
    await arrive('b', 'c', 'd');
    expect(names()).toEqual([['a']]);
    await arrive('e');
    expect(names()).toEqual([['a'], ['b', 'c', 'd', 'e']]);
    await arrive('f', 'g', 'h', 'i', 'j', 'k');
    expect(names()).toHaveLength(2);
  });

  it('have a second statement once a whole batch waits', async () => {
    const { names, batches } = recorded();
    for (const name of ['a', 'b', 'c', 'd']) void batches.write({ name });
    await turn();
    for (const name of ['e', 'f', 'g']) void batches.write({ name, share: 0.25 });
    await turn();
    expect(names()).toHaveLength(1);
    void batches.write({ name: 'h', share: 0.25 });
    await turn();
    expect(names()).toEqual([
      ['a', 'b', 'c', 'd'],
      ['e', 'f', 'g', 'h'],
    ]);
  });

  it('are two halves where they are many', async () => {
    const { names, write } = recorded();
    void write('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i');
    while (names().length < 2) await turn();
    expect(names()).toEqual([
      ['a', 'b', 'c', 'd'],
      ['e', 'f', 'g', 'h', 'i'],
    ]);
  });

  it('wait a moment for those that were answered together, and no longer', async () => {
    const { sent, names, write } = recorded();
    const together = Promise.all(write('a', 'b', 'c'));
    await turn();
    sent[0]!.answer(['A', 'B', 'C']);
    await together;
    void write('d');
    await turn();
    expect(names()).toHaveLength(1);
    void write('e', 'f');
    await turn();
    expect(names()).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
    ]);
    sent[1]!.answer(['D', 'E', 'F']);
    void write('g');
    while (sent.length < 3) await turn();
    expect(names()[2]).toEqual(['g']);
  });

  it('leave to the next what would meet a row twice, and nothing else', async () => {
    const { sent, names, write } = recorded();
    const writes = write('a1', 'a2', 'b', 'a3');
    await turn();
    expect(names()).toEqual([['a1', 'b']]);
    sent[0]!.answer(['A1', 'B']);
    while (sent.length < 2) await turn();
    sent[1]!.answer(['A2']);
    while (sent.length < 3) await turn();
    sent[2]!.answer(['A3']);
    expect(await Promise.all(writes)).toEqual(['A1', 'A2', 'B', 'A3']);
  });

  it('fill a batch in order of arrival; a large one goes at once, and alone', async () => {
    const { names, batches } = recorded();
    for (const name of ['a', 'b', 'c', 'd', 'e']) void batches.write({ name, share: 0.25 });
    void batches.write({ name: 'large', share: 0.3 });
    expect(names()).toEqual([['large']]);
    await turn();
    expect(names()).toEqual([['large'], ['a', 'b', 'c', 'd']]);
  });

  it('are tried one by one where they failed together: nobody fails by a neighbour', async () => {
    const { sent, names, write } = recorded();
    const writes = Promise.allSettled(write('a', 'b'));
    await turn();
    sent[0]!.fail(refusal());
    await turn();
    expect(names()).toEqual([['a', 'b'], ['a'], ['b']]);
    sent[1]!.answer(['A']);
    sent[2]!.fail(refusal());
    expect(await writes).toMatchObject([{ value: 'A' }, { reason: { message: 'b is wrong' } }]);
  });

  it('are tried a few at a time', async () => {
    const { sent, names, write } = recorded();
    const writes = Promise.allSettled(write('a', 'b', 'c', 'd', 'e'));
    await turn();
    sent[0]!.fail(refusal());
    await turn();
    expect(names().slice(1)).toEqual([['a'], ['b'], ['c'], ['d']]);
    sent[1]!.fail(refusal());
    await turn();
    expect(names().slice(5)).toEqual([['e']]);
    for (const { names: one, answer } of sent.slice(2)) answer(one);
    expect((await writes).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled', 'fulfilled']);
  });

  it('are not repeated where nobody knows what became of them', async () => {
    const { sent, names, write } = recorded();
    const writes = Promise.allSettled(write('a', 'b'));
    await turn();
    sent[0]!.fail(new Error('cut'));
    expect(await writes).toMatchObject([{ reason: { message: 'cut' } }, { reason: { message: 'cut' } }]);
    expect(names()).toEqual([['a', 'b']]);
  });

  it('do not wait for long behind those that hang, and leave connections to others where all that may do', async () => {
    const { sent, names, write } = recorded();
    for (const name of ['a', 'b']) {
      void write(name);
      while (!names().flat().includes(name)) await turn();
    }
    const [free] = write('c');
    while (sent.length < 3) await turn();
    sent[2]!.answer(['C']);
    expect(await free).toBe('C');
    const [stuck, waiting] = write('d', 'e1', 'e2');
    while (sent.length < 4) await turn();
    // All three are past their patience by now.
    await pause(100);
    expect(names()).toEqual([['a'], ['b'], ['c'], ['d', 'e1']]);
    sent[3]!.answer(['D', 'E1']);
    expect(await Promise.all([stuck, waiting])).toEqual(['D', 'E1']);
    while (sent.length < 5) await turn();
    expect(names()[4]).toEqual(['e2']);
  });

  it('are answered by what sending them throws at once', async () => {
    const batches = new WriteBatches<Item, string>({
      keysOf: () => [],
      shareOf: () => 0.1,
      send: () => {
        throw new Error('no such value');
      },
      most: 3,
    });
    await expect(batches.write({ name: 'a' })).rejects.toThrow('no such value');
  });
});
