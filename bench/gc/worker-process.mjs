import { readdirSync, readFileSync } from 'node:fs';

/** The pid of the worker that a supervisor runs. */
export function workerOf(supervisor) {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const parent = Number(read(`/proc/${pid}/stat`).split(') ').at(-1).split(' ')[1]);
    if (parent === supervisor && read(`/proc/${pid}/cmdline`).includes('apps/worker')) return Number(pid);
  }
  throw new Error('the registry has no worker');
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
