import { SingleFlight } from './single-flight.js';

describe('equal questions', () => {
  /** Questions that are answered by hand, with their number. */
  function questions() {
    const sent: PromiseWithResolvers<number>[] = [];
    const ask = () => {
      sent.push(Promise.withResolvers<number>());
      return sent.at(-1)!.promise;
    };
    const flight = new SingleFlight<number>();
    return { sent, ask: (spelling: string) => flight.answer(spelling, ask) };
  }
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('share the next answer while one is in flight, and never one that was asked for before them', async () => {
    const { sent, ask } = questions();
    const first = ask('a');
    const [second, third] = [ask('a'), ask('a')];
    expect(sent).toHaveLength(1);
    sent[0]!.resolve(1);
    expect(await first).toBe(1);
    await settled();
    expect(sent).toHaveLength(2);
    const fourth = ask('a');
    sent[1]!.resolve(2);
    expect(await Promise.all([second, third])).toEqual([2, 2]);
    await settled();
    sent[2]!.resolve(3);
    expect(await fourth).toBe(3);
    const later = ask('a');
    expect(sent).toHaveLength(4);
    sent[3]!.resolve(4);
    expect(await later).toBe(4);
  });

  it('do not wait for others', () => {
    const { sent, ask } = questions();
    void ask('a');
    void ask('b');
    expect(sent).toHaveLength(2);
  });

  it('fail together, and those after them do not', async () => {
    const { sent, ask } = questions();
    const first = ask('a');
    const second = ask('a');
    sent[0]!.reject(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    await settled();
    sent[1]!.resolve(2);
    expect(await second).toBe(2);
    const third = ask('a');
    sent[2]!.reject(new Error('gone again'));
    await expect(third).rejects.toThrow('gone again');
    const fourth = ask('a');
    sent[3]!.resolve(4);
    expect(await fourth).toBe(4);
  });
});
