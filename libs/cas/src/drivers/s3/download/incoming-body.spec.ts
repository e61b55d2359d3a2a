import { jest } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { ReadBuffers } from '../../../buffers/read-buffers.js';
import { IncomingBody } from './incoming-body.js';

const KiB = 1024;

describe('a body that comes in', () => {
  // None large: rooms of 64 KiB.
  let buffers: ReadBuffers;
  let resumed: number;
  let goOn: () => void;
  let abandoned: (Error | undefined)[];
  const lentBuffers = new Set<Buffer>();

  beforeEach(() => {
    [resumed, abandoned, goOn] = [0, [], () => undefined];
    lentBuffers.clear();
    buffers = new (class extends ReadBuffers {
      override take(wantedBytes: number): Buffer {
        const buffer = super.take(wantedBytes);
        lentBuffers.add(buffer);
        return buffer;
      }
      override give(buffer: Buffer): void {
        expect(lentBuffers.delete(buffer)).toBe(true);
        super.give(buffer);
      }
    })({ bytes: 0 });
  });
  afterEach(() => {
    jest.restoreAllMocks();
    expect(lentBuffers.size).toBe(0);
  });

  const bodyOf = (bytes: number) =>
    new IncomingBody(bytes, buffers, {
      resume: () => {
        resumed += 1;
        setImmediate(goOn);
      },
      abandon: (cause) => void abandoned.push(cause),
    });

  /** A connection that has all of it at once; answers how much of it was read. */
  function pour(body: IncomingBody, bytes: Buffer, most = Infinity): number {
    let at = 0;
    for (let room = true; room && at < bytes.length;) {
      const copied = bytes.subarray(0, at + most).copy(body.room, 0, at);
      at += copied;
      room = body.arrived(copied);
    }
    return at;
  }

  it.each([1, 1_000, 64 * KiB, 64 * KiB + 1, 128 * KiB, 1_000_000])('of %i bytes is what was sent, in its order', async (size) => {
    const bytes = randomBytes(size);
    const body = bodyOf(size);
    const chunks: Buffer[] = [];
    let at = pour(body, bytes, 10_000);
    goOn = () => void (at += pour(body, bytes.subarray(at), 10_000));
    for await (const chunk of body) {
      chunks.push(Buffer.from(chunk));
      await turn();
    }
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    expect(abandoned).toEqual([]);
  });

  it('has no room beyond its end', () => {
    const body = bodyOf(100);
    expect(body.room).toHaveLength(100);
    body.arrived(60);
    expect(body.room).toHaveLength(40);
    void body.return();
  });

  it('stops its connection where its buffer is full, until it has been consumed', async () => {
    const bytes = randomBytes(500 * KiB);
    const body = bodyOf(bytes.length);
    expect(pour(body, bytes)).toBe(64 * KiB);
    const first = (await body.next()).value!;
    expect([first.length, resumed]).toEqual([64 * KiB, 0]);
    // Asking for the next gives the first back.
    const second = body.next();
    expect(resumed).toBe(1);
    expect(pour(body, bytes.subarray(64 * KiB))).toBe(64 * KiB);
    expect((await second).value!.equals(bytes.subarray(64 * KiB, 128 * KiB))).toBe(true);
    await body.return();
    expect(abandoned).toEqual([undefined]);
  });

  it.each([
    ['one buffer for whoever takes less than 4 MiB/s', 17, 1],
    ['two for the fast', 15, 2],
  ])('has %s', async (_what, msPerChunk, lent) => {
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    const body = bodyOf(10 * 1024 * KiB);
    for (let chunks = 0; chunks < 135; chunks += 1) {
      const next = body.next();
      pour(body, Buffer.alloc(64 * KiB));
      expect((await next).value).toHaveLength(64 * KiB);
      now += msPerChunk;
    }
    expect(lentBuffers.size).toBe(lent);
    await body.return();
  });

  it('keeps what comes although there is no room, and takes no more than was announced', async () => {
    const bytes = randomBytes(200 * KiB);
    const body = bodyOf(bytes.length);
    const taken: Buffer[] = [];
    const goesOn = [60, 100, 140].map((end, i) => body.add(bytes.subarray([0, 60, 100][i]! * KiB, end * KiB)));
    expect(goesOn).toEqual([true, false, false]);
    expect(() => body.add(bytes.subarray(0, 61 * KiB))).toThrow('longer');
    const take = async () => taken.push(Buffer.from((await body.next()).value!));
    await take();
    await take();
    expect([resumed, body.complete]).toEqual([0, false]);
    // The last of it: nothing more to be told to go on.
    expect([body.add(bytes.subarray(140 * KiB)), body.complete]).toEqual([true, true]);
    for await (const chunk of body) taken.push(Buffer.from(chunk));
    expect(Buffer.concat(taken).equals(bytes)).toBe(true);
    expect([resumed, abandoned]).toEqual([0, []]);
  });

  it('waits for what has not come, and throws what became of its connection', async () => {
    const body = bodyOf(10);
    const [first, reset] = [body.next(), new Error('reset')];
    Buffer.from('abc').copy(body.room);
    body.arrived(3);
    expect((await first).value!.toString()).toBe('abc');
    const second = body.next();
    body.fail(reset);
    await expect(second).rejects.toBe(reset);
    await body.return();
  });

  it('ends for whoever waits when it is returned', async () => {
    const body = bodyOf(10);
    const waiting = body.next();
    await body.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(abandoned).toEqual([undefined]);
  });
});
