import { jest } from '@jest/globals';
import { assertObjectKey, isObjectKey, objectKey, objectPrefixes, uploadId } from './storage-keys.js';

describe('objectKey', () => {
  it('spreads by the last digits and never repeats itself', () => {
    expect(objectKey('0198c0de-0000-7000-8000-0123456789ab')).toBe('blobs/ab/0198c0de-0000-7000-8000-0123456789ab');
    expect(objectKey()).not.toBe(objectKey());
    expect(isObjectKey(objectKey())).toBe(true);
  });

  it.each(['', 'x', '0198C0DE-0000-7000-8000-0123456789AB', '../../../../../../../../../../../etc/pass'])('refuses the id %p', (id) => {
    expect(() => objectKey(id)).toThrow(TypeError);
  });

  it('knows a key from what only looks like one', () => {
    const elsewhere = 'blobs/aa/0198c0de-0000-7000-8000-0123456789ab';
    for (const key of [elsewhere, `${objectKey()}\n`, `/${objectKey()}`, 'blobs/..', ''])
      expect(() => assertObjectKey(key)).toThrow(TypeError);
  });
});

it('divides all keys into shares', () => {
  for (const key of Array.from({ length: 50 }, () => objectKey()))
    expect(objectPrefixes.filter((prefix) => key.startsWith(prefix))).toHaveLength(1);
});

describe('ids of uploads', () => {
  it('end alike in one moment, and in all ways over time', () => {
    let now = performance.now();
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now);
    const moments = Array.from({ length: 5_000 }, () => {
      now += 11;
      return Array.from({ length: 3 }, () => objectKey(uploadId()));
    });
    clock.mockRestore();
    for (const keys of moments) {
      expect(new Set(keys).size).toBe(3);
      expect(new Set(keys.map((key) => key.slice(0, 'blobs/00/'.length))).size).toBe(1);
    }
    expect(new Set(moments.map(([key]) => key!.slice(0, 'blobs/00/'.length))).size).toBe(256);
  });
});
