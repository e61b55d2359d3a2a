import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

// Kept here, not on globalThis: jest tidies what it finds there, object by object, and would not come back from a child process.
let offered = null;

const commands = ['radosgw', 'radosgw-admin', 'ceph-mon', 'ceph-osd', 'ceph', 'monmaptool'];

/** The programs a store takes that this machine hasn't got. */
export function missingPrograms() {
  const folders = (process.env.PATH ?? '').split(':').filter(Boolean);
  return commands.filter((command) => !folders.some((folder) => isExecutable(path.join(folder, command))));
}

/** Makes a store available for a whole run, started when first asked for at the address answered; null where programs are missing, in CI an error. */
export async function offerObjectStore() {
  const missing = missingPrograms();
  if (missing.length > 0 && process.env.CI === 'true') throw new Error(`for the S3 specs are missing: ${missing.join(', ')}`);
  if (missing.length > 0) return null;
  const guard = spawn(process.execPath, [fileURLToPath(new URL('scratch-object-store.mjs', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  const ended = once(guard, 'exit');
  const first = await Promise.race([once(createInterface({ input: guard.stdout }), 'line'), ended.then(() => null)]);
  if (!first) throw new Error('the guard of the object store did not start');
  // The guard must not keep a process alive that has nothing else to do.
  for (const handle of [guard, guard.stdin, guard.stdout]) handle.unref();
  offered = { guard, ended };
  return JSON.parse(first[0]).url;
}

/** Ends it and waits until its folder is gone. */
export async function endObjectStore() {
  if (!offered) return;
  offered.guard.ref();
  offered.guard.stdin.end();
  await offered.ended;
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
