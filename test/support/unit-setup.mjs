import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** One PostgreSQL for all unit specs of a run; each spec file makes its own database in it (libs/metadata/src/testing). */
export default async function startPostgres() {
  const guard = spawn(process.execPath, [fileURLToPath(new URL('scratch-postgres.mjs', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  const ended = once(guard, 'exit');
  const first = await Promise.race([once(createInterface({ input: guard.stdout }), 'line'), ended.then(() => null)]);
  if (!first) throw new Error('PostgreSQL for the unit tests did not start');
  process.env.ENTREPOT_TEST_DATABASE_URL = JSON.parse(first[0]).url;
  // Taken down by unit-teardown.mjs; the guard must not keep a process alive that has nothing else to do.
  for (const handle of [guard, guard.stdin, guard.stdout]) handle.unref();
  globalThis.entrepotUnitPostgres = { guard, ended };
}
