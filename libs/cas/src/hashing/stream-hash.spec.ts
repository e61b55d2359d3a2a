import { createHash } from 'node:crypto';
import { digestAlgorithms } from '#oci';
import { hashing, StreamHash } from './stream-hash.js';

describe('StreamHash', () => {
  it.each(digestAlgorithms)('digests by %s what passes, also on the way', async (algorithm) => {
    const hash = new StreamHash(algorithm);
    const expected = (text: string) => `${algorithm}:${createHash(algorithm).update(text).digest('hex')}`;
    expect(hash.digest()).toBe(expected(''));
    let passed = '';
    async function* body() {
      yield Buffer.from('one ');
      yield Buffer.from('two ');
    }
    for await (const chunk of hashing(body(), hash)) {
      passed += Buffer.from(chunk).toString();
      expect(hash.digest()).toBe(expected(passed));
      expect(hash.bytes).toBe(passed.length);
    }
    hash.update(Buffer.from('three'));
    expect([hash.digest(), hash.digest()]).toEqual([expected('one two three'), expected('one two three')]);
  });
});
