import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { BufferBudget } from '../../buffers/buffer-budget.js';
import type { ByteSource } from '../../storage-driver.js';
import { ControlledSource, inChunks } from '../../testing/index.js';
import { ChunkSource } from './chunk-source.js';
import { PartGatherer } from './part-gatherer.js';
import { PartMemory } from './part-memory.js';

const KiB = 1024;
const partBytes = 512 * KiB;
const aheadBytes = 320 * KiB;

interface Leaving {
  readonly bytes: Buffer;
  readonly why: 'part' | 'end' | 'pause';
}

/** Gathers all of a source; each stretch is released a while after it left, as a store takes its time. */
async function gatherAll(source: ByteSource, memory: PartMemory, announced?: number): Promise<Leaving[]> {
  const left: Leaving[] = [];
  const storing: Promise<void>[] = [];
  const gatherer = new PartGatherer(new ChunkSource(source, { expectedBytes: announced }), {
    memory,
    shape: () => ({ lead: 0, partBytes, aheadBytes }),
    prepare: async () => undefined,
  });
  for (let gathered = await gatherer.next(); gathered; gathered = await gatherer.next()) {
    const { memory: bytes, why, release } = gathered;
    const stored = turn().then(() => {
      left.push({ bytes: Buffer.from(bytes), why });
      release();
    });
    storing.push(stored);
    if (storing.length % 2 === 0) await stored;
  }
  await Promise.all(storing);
  await gatherer.close();
  return left;
}

const sizesOf = (left: readonly Leaving[]) => left.map(({ bytes, why }) => `${why} ${bytes.length / KiB}`);

describe('PartGatherer', () => {
  let memory: PartMemory;
  const budget = (mebibytes: number, patienceMs = 1_000) =>
    (memory = new PartMemory(new BufferBudget({ bytes: mebibytes * KiB * KiB, patienceMs })));
  afterEach(() => expect(memory.buffers).toMatchObject({ free: memory.buffers.bytes, waiting: 0 }));

  it.each([
    [0, []],
    [1, ['end 1']],
    [831, ['end 831']],
    [832, ['part 512', 'end 320']],
    [1_343, ['part 512', 'end 831']],
    [1_344, ['part 512', 'part 512', 'end 320']],
  ])('cuts %i KiB so that what is left could be a part', async (kibibytes, expected) => {
    budget(16);
    expect(sizesOf(await gatherAll(inChunks(Buffer.alloc(kibibytes * KiB)), memory))).toEqual(expected);
  });

  it.each([
    [831, ['end 831']],
    [832, ['end 832']],
    [833, ['part 512', 'end 321']],
    [1_024, ['part 512', 'end 512']],
  ])('sees no further than it must where %i KiB are announced', async (kibibytes, expected) => {
    budget(16);
    const bytes = kibibytes * KiB;
    expect(sizesOf(await gatherAll(inChunks(Buffer.alloc(bytes)), memory, bytes))).toEqual(expected);
  });

  it('takes more, and less, than was announced', async () => {
    budget(16);
    for (const announced of [10, 600, 1_000, 5_000]) {
      const bytes = randomBytes(2_000 * KiB);
      const left = await gatherAll(inChunks(bytes), memory, announced * KiB);
      expect(Buffer.concat(left.map((one) => one.bytes)).equals(bytes)).toBe(true);
    }
  });

  it('gives many sources their bytes in their order, however little memory there is', async () => {
    budget(2, 5);
    const bodies = Array.from({ length: 40 }, (_, index) => randomBytes(((index * 7_919) % 40) * 64 * KiB + index));
    const gathered = await Promise.all(
      bodies.map((body, index) =>
        gatherAll(inChunks(body, 1 + ((index * 10_007) % (64 * KiB))), memory, index % 2 ? body.length : undefined),
      ),
    );
    gathered.forEach((left, index) => {
      // Rooms of one source may be stored side by side, in the order in which they left.
      expect(Buffer.concat(left.map(({ bytes }) => bytes)).equals(bodies[index]!)).toBe(true);
      for (const { bytes, why } of left) if (why === 'part') expect(bytes.length).toBeGreaterThanOrEqual(partBytes);
    });
  });

  it.each([4_096 * KiB, undefined])('finds a part room for more than a part (%p bytes announced)', async (announced) => {
    // Nothing comes fast enough, so that more is gathered in little memory than the parts of this spec have.
    budget(16, 0);
    const bytes = randomBytes(4_096 * KiB);
    const left = await gatherAll(inChunks(bytes), memory, announced);
    expect(Buffer.concat(left.map((one) => one.bytes)).equals(bytes)).toBe(true);
  });

  it('holds hardly more than it has for a thousand slow sources, and lets a fast one through', async () => {
    budget(16, 20);
    const slow = Array.from({ length: 1_000 }, () => new ControlledSource());
    const taken = slow.map((source) => gatherAll(source, memory));
    for (const source of slow) void source.give(Buffer.from('slow, '));
    const fast = await gatherAll(inChunks(Buffer.alloc(64 * KiB * KiB)), memory);
    expect(fast.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBe(64 * KiB * KiB);
    for (const source of slow) {
      void source.give(Buffer.from('but complete'));
      source.end();
    }
    const texts = (await Promise.all(taken)).map((left) => Buffer.concat(left.map(({ bytes }) => bytes)).toString());
    expect(new Set(texts)).toEqual(new Set(['slow, but complete']));
  });

  it('reserves before it pulls', async () => {
    budget(1);
    const all = await memory.buffers.reserve(memory.buffers.bytes);
    let pulled = false;
    const gathered = gatherAll(
      (async function* () {
        pulled = true;
        yield Buffer.from('bytes');
      })(),
      memory,
    );
    await turn();
    expect(pulled).toBe(false);
    all.release();
    expect(await gathered).toHaveLength(1);
  });
});
