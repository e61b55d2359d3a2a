import { ControlledSource } from '../../testing/index.js';
import { ChunkSource } from './chunk-source.js';

const never = new Promise<void>(() => undefined);

describe('a source of chunks', () => {
  it('is asked for one chunk at a time, which outlives whoever gave up waiting for it', async () => {
    const bytes = new ControlledSource();
    const source = new ChunkSource(bytes);
    expect(await source.ready(Promise.resolve())).toBe(false);
    void bytes.give(Buffer.from('late'));
    expect(await source.ready(never)).toBe(true);
    expect(source.take(2).toString()).toBe('la');
    expect(source.take(9).toString()).toBe('te');
    bytes.end();
    expect(await source.ready(never)).toBe(true);
    expect(source.ended).toBe(true);
  });

  it('is waited for as long as the wait of now is not given up, whatever became of the one before', async () => {
    const bytes = new ControlledSource();
    const source = new ChunkSource(bytes);
    const { promise: before, resolve } = Promise.withResolvers<void>();
    const first = source.ready(before);
    void bytes.give(Buffer.from('a'));
    expect(await first).toBe(true);
    source.take(1);
    const second = source.ready(never);
    resolve();
    void bytes.give(Buffer.from('b'));
    expect(await second).toBe(true);
    expect(source.take(1).toString()).toBe('b');
  });

  it('throws what its source throws, again and again', async () => {
    const bytes = new ControlledSource();
    const source = new ChunkSource(bytes);
    bytes.fail(new Error('broken'));
    await expect(source.ready()).rejects.toThrow('broken');
    await expect(source.ready(never)).rejects.toThrow('broken');
  });

  it('keeps nothing of chunks that were taken, however long the wait lasts', async () => {
    async function* many() {
      for (let at = 0; at < 50_000; at += 1) yield Buffer.from([at % 256]);
    }
    const source = new ChunkSource(many());
    let subscribed = 0;
    const wait = new Promise<void>(() => undefined);
    const then = wait.then.bind(wait);
    wait.then = ((...args: Parameters<typeof then>) => {
      subscribed += 1;
      return then(...args);
    }) as typeof wait.then;
    while ((await source.ready(wait)) && !source.ended) source.take(1);
    expect(subscribed).toBe(1);
  });
});
