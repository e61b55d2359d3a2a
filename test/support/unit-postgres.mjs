import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

// Kept here, not on globalThis: jest tidies what it finds there, object by object, and would not come back from a child process.
let running;

/** Starts the PostgreSQL of a run of unit specs and answers its URL. */
export async function startPostgres() {
  const guard = spawn(process.execPath, [fileURLToPath(new URL('scratch-postgres.mjs', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  const ended = once(guard, 'exit');
  const first = await Promise.race([once(createInterface({ input: guard.stdout }), 'line'), ended.then(() => null)]);
  if (!first) throw new Error('PostgreSQL for the unit tests did not start');
  // The guard must not keep a process alive that has nothing else to do.
  for (const handle of [guard, guard.stdin, guard.stdout]) handle.unref();
  running = { guard, ended };
  return JSON.parse(first[0]).url;
}

/** Ends it and waits until its folder is gone. */
export async function stopPostgres() {
  if (!running) return;
  running.guard.ref();
  running.guard.stdin.end();
  await running.ended;
}
