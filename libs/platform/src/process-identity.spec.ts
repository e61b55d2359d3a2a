import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { commandLineOf, identityOf, signal, waitUntilGone } from './process-identity.js';

it('knows a living process, and that it is gone', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()', 'a-word-of-its-own']);
  await once(child, 'spawn');
  const pid = child.pid!;
  const reaped = once(child, 'exit');
  const identity = identityOf(pid);
  expect(identity).toBeDefined();
  expect(identityOf(pid)).toBe(identity);
  expect(identityOf(process.pid)).not.toBe(identity);
  expect(commandLineOf(pid)).toContain('a-word-of-its-own');
  expect(await waitUntilGone(pid, 0)).toBe(false);
  expect(signal(pid, 'SIGKILL')).toBe(true);
  expect(await waitUntilGone(pid, 5_000)).toBe(true);
  expect(identityOf(pid)).toBeUndefined();
  expect(commandLineOf(pid)).toBeUndefined();
  await reaped;
  expect(signal(pid, 'SIGKILL')).toBe(false);
});
