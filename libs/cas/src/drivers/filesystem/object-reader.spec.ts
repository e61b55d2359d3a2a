import { jest } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ReadBuffers } from '../../buffers/read-buffers.js';
import { temporaryFolder, type TemporaryFolder } from '../../testing/index.js';
import { ObjectReader } from './object-reader.js';
import { OpenFile } from './open-file.js';

const MiB = 1024 * 1024;
const bytes = randomBytes(20 * MiB);

/** Knows what is lent. */
class CountedBuffers extends ReadBuffers {
  readonly lentOut = new Set<Buffer>();

  get lentSizes(): number[] {
    return [...this.lentOut].map(({ length }) => length);
  }

  override take(wantedBytes: number): Buffer {
    const buffer = super.take(wantedBytes);
    this.lentOut.add(buffer);
    return buffer;
  }

  override give(buffer: Buffer): void {
    expect(this.lentOut.delete(buffer)).toBe(true);
    super.give(buffer);
  }
}

describe('ObjectReader', () => {
  let folder: TemporaryFolder;

  beforeAll(async () => {
    folder = await temporaryFolder();
    await writeFile(join(folder.path, 'object'), bytes);
  });
  afterAll(() => folder.remove());
  afterEach(() => void jest.restoreAllMocks());

  const open = async (buffers: ReadBuffers) => {
    const file = await OpenFile.open(join(folder.path, 'object'), constants.O_RDONLY);
    return new ObjectReader(file, { start: 0, length: bytes.length }, buffers);
  };

  /** Reads all of it; the sizes of buffers lent at its beginning and at its end. */
  async function readWith(largeBytes: number, msPerMiB: number) {
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    const buffers = new CountedBuffers({ bytes: largeBytes });
    const reader = await open(buffers);
    const lent: number[][] = [];
    const chunks: Buffer[] = [];
    for await (const chunk of reader) {
      chunks.push(Buffer.from(chunk));
      now += (msPerMiB * chunk.length) / MiB;
      lent.push(buffers.lentSizes);
    }
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    expect(buffers.lentSizes).toEqual([]);
    return { atFirst: lent[0], inTheMiddle: lent[Math.floor(lent.length / 2)] };
  }

  it.each([
    ['a large buffer and another while there are any', { large: 4, msPerMiB: 100, atFirst: [MiB, MiB], inTheMiddle: [MiB, MiB] }],
    ['a large and a small one where that is all', { large: 1, msPerMiB: 100, atFirst: [MiB, 65_536], inTheMiddle: [MiB, 65_536] }],
    ['a small one where none is left, for the fast two', { large: 0, msPerMiB: 100, atFirst: [65_536], inTheMiddle: [65_536, 65_536] }],
    ['one small buffer for the slow', { large: 4, msPerMiB: 300, atFirst: [MiB, MiB], inTheMiddle: [65_536] }],
    ['no more than one for the slow', { large: 0, msPerMiB: 300, atFirst: [65_536], inTheMiddle: [65_536] }],
  ])('has %s', async (_what, { large, msPerMiB, atFirst, inTheMiddle }) => {
    expect(await readWith(large * MiB, msPerMiB)).toEqual({ atFirst, inTheMiddle });
  });

  it('gives a buffer that is being filled back when it has been, and then only', async () => {
    const buffers = new CountedBuffers({ bytes: 4 * MiB });
    const reader = await open(buffers);
    await reader.next();
    expect(buffers.lentSizes).toEqual([MiB, MiB]);
    const [second, returned] = [reader.next(), reader.return()];
    expect(buffers.lentSizes).toEqual([MiB, MiB]);
    await Promise.all([second, returned]);
    expect(buffers.lentSizes).toEqual([]);
    expect(await reader.next()).toEqual({ done: true, value: undefined });
  });
});
