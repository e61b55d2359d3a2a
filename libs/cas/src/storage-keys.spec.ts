import { assertObjectKey, isObjectKey, objectKey, objectPrefixes } from './storage-keys.js';

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
