import { BufferBudget } from '../../buffers/buffer-budget.js';
import { PartMemory } from './part-memory.js';

const part = 8 * 1024 * 1024;

it('hands memory that is given back to whoever waits for as much', async () => {
  const memory = new PartMemory(new BufferBudget({ bytes: part }));
  const first = await memory.reserve(part);
  const { buffer } = first.bytes;
  const waiting = memory.reserve(part);
  first.release();
  const second = await waiting;
  expect(second.bytes.buffer).toBe(buffer);
  second.release();
});
