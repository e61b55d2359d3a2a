import { aheadBytes, largestBlob, maxParts, minPartBytes, partBytes, partRule } from './part-rule.js';

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;
const TiB = 1024 * GiB;

describe('partRule', () => {
  it('lets parts grow up to a quarter of the buffers', () => {
    const rule = partRule(256 * MiB);
    const sizes = [1, 1_000, 1_001, 2_000, 2_001, 3_001, 4_001, 10_000].map((number) => partBytes(rule, number) / MiB);
    expect(sizes).toEqual([8, 8, 16, 16, 32, 64, 64, 64]);
    expect(partRule(16 * MiB).capBytes).toBe(8 * MiB);
    expect(partRule(1024 * GiB).capBytes).toBe(5 * GiB);
  });

  it('spreads an announced length over nine tenths of the parts', () => {
    const rule = partRule(1024 * MiB);
    expect(partBytes(rule, 1, 200_000_000)).toBe(8 * MiB);
    expect(partBytes(rule, 1, 900 * GiB)).toBe(Math.ceil((900 * GiB) / 9_000));
    expect(partBytes(rule, 9_999, 8 * TiB)).toBe(256 * MiB);
  });

  it('keeps all parts of an upload alike where it must', () => {
    const rule = partRule(64 * MiB, true);
    expect([1, 1_001, 10_000].map((number) => partBytes(rule, number))).toEqual([8 * MiB, 8 * MiB, 8 * MiB]);
    expect(partBytes(rule, 1, 100 * GiB)).toBe(Math.ceil((100 * GiB) / 9_000));
    expect(aheadBytes(rule)).toBe(0);
  });

  it('refuses buffers that a part does not fit in', () => {
    expect(() => partRule(13 * MiB - 1)).toThrow(RangeError);
    expect(partRule(13 * MiB).capBytes + minPartBytes).toBe(13 * MiB);
  });
});

describe('largestBlob', () => {
  it.each([
    [16, 10_000 * 8 * MiB],
    [64, (1_000 * 8 + 9_000 * 16) * MiB],
    [256, (1_000 * (8 + 16 + 32) + 7_000 * 64) * MiB],
    [1024 * 1024, 5 * TiB],
  ])('with %i MiB of buffers', (mebibytes, expected) => {
    expect(largestBlob(partRule(mebibytes * MiB))).toBe(expected);
  });

  it('is larger where the length is announced', () => {
    expect(largestBlob(partRule(64 * MiB), 150 * GiB)).toBe(10_000 * 16 * MiB);
    expect(largestBlob(partRule(64 * MiB, true))).toBe(10_000 * 8 * MiB);
    expect(largestBlob(partRule(64 * MiB, true), 150 * GiB)).toBe(10_000 * 16 * MiB);
  });

  it.each([16, 64, 100, 1_024, 65_536])('is reached by legal parts alone, with %i MiB of buffers', (mebibytes) => {
    const rule = partRule(mebibytes * MiB);
    for (const announced of [0, largestBlob(rule), largestBlob(rule, 5 * TiB)]) {
      let left = largestBlob(rule, announced);
      let number = 0;
      // As the gatherer cuts: a part leaves only with what makes the rest a legal part behind it.
      while (left > partBytes(rule, number + 1, announced) + aheadBytes(rule)) left -= partBytes(rule, (number += 1), announced);
      expect(number + 1).toBeLessThanOrEqual(maxParts);
      expect(left).toBeGreaterThanOrEqual(minPartBytes);
      expect(left).toBeLessThanOrEqual(5 * GiB + minPartBytes);
    }
  });
});
