import { freeChunk } from './free-chunk.js';

it('takes memory that a chunk has for itself, and no other', () => {
  const own = Buffer.from(new ArrayBuffer(10)).fill('x');
  freeChunk(own);
  expect(own).toHaveLength(0);
  freeChunk(own);
  const shared = Buffer.from('0123456789abcdef');
  freeChunk(shared.subarray(0, 8));
  freeChunk(Buffer.from('of the pool'));
  expect(shared.toString()).toBe('0123456789abcdef');
});
