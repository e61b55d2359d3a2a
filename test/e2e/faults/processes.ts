// The processes of a running registry, found in /proc: faults are done to real ones.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningRegistry } from '../../support/running-registry.js';

export type Role = 'supervisor' | 'api' | 'worker' | 'postgres';

/** The process that has a role now; throws where there is none. */
export function processOf(registry: RunningRegistry, role: Role): number {
  const pid = findProcess(registry, role);
  if (pid === undefined) throw new Error(`no ${role} process is running`);
  return pid;
}

export function findProcess(registry: RunningRegistry, role: Role): number | undefined {
  if (role === 'supervisor') return registry.child.pid;
  if (role === 'postgres') return postmasterOf(registry.dataDir);
  return programsOf(registry, role)[0];
}

/** All processes of a role that may have several. */
export function programsOf(registry: RunningRegistry, role: 'api' | 'worker'): number[] {
  return childrenOf(registry.child.pid ?? 0).filter((pid) => commandOf(pid).includes(join('dist/apps', role)));
}

/** Pids whose parent is the given one. */
export function childrenOf(parent: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => parentOf(pid) === parent);
}

function parentOf(pid: number): number | undefined {
  // The second field is the command in brackets, which may hold anything.
  const fields = read(`/proc/${pid}/stat`).split(') ').at(-1);
  return fields ? Number(fields.split(' ')[1]) : undefined;
}

function commandOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
}

function postmasterOf(dataDir: string): number | undefined {
  const elsewhere = read(join(dataDir, 'postgres.location')).trim();
  const [pid] = read(join(elsewhere || join(dataDir, 'postgres'), 'postmaster.pid')).split('\n');
  return pid ? Number(pid) : undefined;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
