import { ControlledSource, inChunks } from '../testing/index.js';
import type { ByteSource } from '../storage-driver.js';
import { BufferBudget } from './buffer-budget.js';
import { partsOf } from './parts-of.js';

const KiB = 1024;
const partBytes = 256 * KiB;

/** Takes all parts, releasing each, and answers their sizes. */
async function partSizes(source: ByteSource, buffers: BufferBudget, onPart = () => undefined as void): Promise<number[]> {
  const sizes: number[] = [];
  for await (const part of partsOf(source, { buffers, partBytes })) {
    sizes.push(part.bytes);
    part.release();
    onPart();
  }
  return sizes;
}

describe('partsOf', () => {
  it('begins with one chunk and goes on in whole parts', async () => {
    const buffers = new BufferBudget({ bytes: 1024 * KiB });
    expect(await partSizes(inChunks(Buffer.alloc(640 * KiB)), buffers)).toEqual([64 * KiB, 256 * KiB, 256 * KiB, 64 * KiB]);
    expect(buffers.free).toBe(buffers.bytes);
  });

  it('takes a short source whole while half of the memory is free', async () => {
    const buffers = new BufferBudget({ bytes: 2048 * KiB });
    const sizesOf = async (expectedBytes: number) => {
      const sizes: number[] = [];
      const options = { buffers, partBytes, wholeBytes: 1024 * KiB, expectedBytes };
      for await (const part of partsOf(inChunks(Buffer.alloc(expectedBytes)), options)) {
        sizes.push(part.bytes);
        expect(buffers.free).toBe(buffers.bytes - taken - part.bytes);
        part.release();
      }
      return sizes;
    };
    let taken = 0;
    expect(await sizesOf(600 * KiB)).toEqual([600 * KiB]);
    expect(await sizesOf(1024 * KiB)).toEqual([1024 * KiB]);
    expect(await sizesOf(1088 * KiB)).toEqual([64, 256, 256, 256, 256].map((size) => size * KiB));
    taken = 1025 * KiB;
    const others = await buffers.reserve(taken);
    expect(await sizesOf(600 * KiB)).toEqual([64, 256, 256, 24].map((size) => size * KiB));
    others.release();
  });

  it('never holds more than it reserved, whatever the chunks', async () => {
    const buffers = new BufferBudget({ bytes: 1024 * KiB });
    const sizes = await partSizes(inChunks(Buffer.alloc(2000 * KiB), 60 * KiB), buffers);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(partBytes);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(2000 * KiB);
  });

  it('reserves before it pulls, and no more than is announced', async () => {
    const buffers = new BufferBudget({ bytes: 100 });
    const all = await buffers.reserve(100);
    let pulled = false;
    async function* body() {
      pulled = true;
      yield Buffer.alloc(30);
    }
    const parts = partsOf(body(), { buffers, partBytes, expectedBytes: 30 });
    const first = parts.next();
    expect(buffers.waiting).toBe(1);
    expect(pulled).toBe(false);
    all.release();
    const part = (await first).value!;
    expect(part.bytes).toBe(30);
    expect(buffers.free).toBe(70);
    part.release();
    expect((await parts.next()).done).toBe(true);
  });

  it('gives a silent source only the memory nobody waits for', async () => {
    const buffers = new BufferBudget({ bytes: partBytes, patienceMs: 5 });
    const source = new ControlledSource();
    const parts = partsOf(source, { buffers, partBytes });
    void source.give(Buffer.from('first'));
    (await parts.next()).value!.release();
    const early = parts.next();
    await source.give(Buffer.from('early'));
    // Somebody else wants all of it: what came leaves, and the memory with it.
    const others = buffers.reserve(partBytes);
    const part = (await early).value!;
    expect(Buffer.concat(part.chunks).toString()).toBe('early');
    part.release();
    const late = parts.next();
    const held = await others;
    void source.give(Buffer.from('late'));
    source.end();
    held.release();
    const rest = (await late).value!;
    expect(Buffer.concat(rest.chunks).toString()).toBe('late');
    rest.release();
    expect((await parts.next()).done).toBe(true);
    expect(buffers.free).toBe(buffers.bytes);
  });

  it('keeps a fast source going beside a thousand slow ones', async () => {
    const buffers = new BufferBudget({ bytes: 16 * partBytes, patienceMs: 20 });
    const slow = Array.from({ length: 1_000 }, () => new ControlledSource());
    const given = new Map(slow.map((source) => [source, 0]));
    const give = (source: ControlledSource) => {
      given.set(source, given.get(source)! + 1);
      void source.give(Buffer.alloc(1));
    };
    const taken = slow.map((source) => partSizes(source, buffers));
    slow.forEach(give);
    let turn = 0;
    const aFewMoreBytes = () => {
      for (let count = 0; count < 100; count += 1) give(slow[turn++ % slow.length]!);
    };
    const sizes = await partSizes(inChunks(Buffer.alloc(64 * partBytes)), buffers, aFewMoreBytes);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(64 * partBytes);
    for (const source of slow) source.end();
    const received = (await Promise.all(taken)).map((parts) => parts.reduce((sum, size) => sum + size, 0));
    expect(received).toEqual([...given.values()]);
    expect(buffers.free).toBe(buffers.bytes);
  });

  it('answers what came before a source throws, then throws', async () => {
    const buffers = new BufferBudget({ bytes: 1024 * KiB });
    async function* broken() {
      yield Buffer.from('came');
      throw new Error('a bug');
    }
    const parts = partsOf(broken(), { buffers, partBytes });
    const part = (await parts.next()).value!;
    expect(Buffer.concat(part.chunks).toString()).toBe('came');
    part.release();
    await expect(parts.next()).rejects.toThrow('a bug');
    expect(buffers.free).toBe(buffers.bytes);
  });

  it('lets go of a source that nobody takes from any more', async () => {
    const buffers = new BufferBudget({ bytes: 1024 * KiB });
    let released = false;
    async function* endless() {
      try {
        for (;;) yield Buffer.alloc(64 * KiB);
      } finally {
        released = true;
      }
    }
    for await (const part of partsOf(endless(), { buffers, partBytes })) {
      part.release();
      break;
    }
    expect(released).toBe(true);
    expect(buffers.free).toBe(buffers.bytes);
  });
});
