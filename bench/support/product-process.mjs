import { readdirSync, readFileSync } from 'node:fs';

/** The pid of the `api` or `worker` that a supervisor runs. */
export function productProcess(supervisor, app) {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const parent = Number(read(`/proc/${pid}/stat`).split(') ').at(-1).split(' ')[1]);
    if (parent === supervisor && read(`/proc/${pid}/cmdline`).includes(`apps/${app}`)) return Number(pid);
  }
  throw new Error(`the registry has no ${app}`);
}

/** The environment that a process was started with. */
export function environmentOf(pid) {
  const pairs = read(`/proc/${pid}/environ`).split('\0').filter(Boolean);
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}

/** Its program and arguments. */
export function commandOf(pid) {
  return read(`/proc/${pid}/cmdline`).split('\0').slice(0, -1);
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
