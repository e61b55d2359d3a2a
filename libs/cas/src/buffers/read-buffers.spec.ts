import { ReadBuffers } from './read-buffers.js';

describe('ReadBuffers', () => {
  it('lends large buffers while there are any, small ones after that, and lends them again', () => {
    const buffers = new ReadBuffers({ bytes: 2 * 1024 * 1024 });
    const taken = [1e9, 1e9, 1e9, 10].map((wanted) => buffers.take(wanted));
    expect(taken.map(({ length }) => length)).toEqual([1_048_576, 1_048_576, 65_536, 65_536]);
    expect(buffers.lent).toBe(2);
    taken.forEach((buffer) => buffers.give(buffer));
    expect(buffers.lent).toBe(0);
    expect(taken).toContain(buffers.take(1e9));
    expect(taken).toContain(buffers.take(1));
  });
});
