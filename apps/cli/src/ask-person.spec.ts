import { PassThrough } from 'node:stream';
import { askPerson } from './ask-person.js';

/** A terminal, and a person who types as soon as the question is there. */
function terminalOf(typed: string, isTTY = true) {
  const interruption = new AbortController();
  const [input, output] = [Object.assign(new PassThrough(), { isTTY }), Object.assign(new PassThrough(), { isTTY })];
  let shown = '';
  output.on('data', (bytes: Buffer) => {
    if (!shown.includes('sure?') && `${shown}${bytes.toString()}`.includes('sure?')) input.write(typed);
    shown += bytes.toString();
  });
  return { input, output, interruption, shown: () => shown };
}

describe('a question to a person', () => {
  it('is answered by a line', async () => {
    const terminal = terminalOf('acme/old\r');
    expect(await askPerson('sure? ', terminal)).toBe('acme/old');
    expect(terminal.shown()).toContain('sure? ');
    expect(terminal.interruption.signal.aborted).toBe(false);
  });

  it('interrupts the program with Ctrl-C, also in the middle of an answer', async () => {
    for (const typed of ['\x03', 'acme\x03']) {
      const terminal = terminalOf(typed);
      await expect(askPerson('sure? ', terminal)).rejects.toMatchObject({ name: 'AbortError' });
      expect(terminal.interruption.signal.aborted).toBe(true);
    }
  });

  it('is not answered with Ctrl-D, or where nobody is', async () => {
    const terminal = terminalOf('\x04');
    expect(await askPerson('sure? ', terminal)).toBeNull();
    expect(terminal.shown()).toMatch(/\n$/);
    expect(terminal.interruption.signal.aborted).toBe(false);
    const nobody = terminalOf('acme/old\r', false);
    expect([await askPerson('sure? ', nobody), nobody.shown()]).toEqual([null, '']);
  });
});
