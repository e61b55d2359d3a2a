import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const onLinux = process.platform === 'linux';

/** The command line of a living process, words joined by spaces; undefined when there is none. */
export function commandLineOf(pid: number): string | undefined {
  if (!onLinux) return ps('command=', pid);
  // Empty for a zombie, which is as good as gone.
  return read(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ').trim() || undefined;
}

/** Tells a process from a later one that was given the same pid (also after a reboot); undefined when it is gone. */
export function identityOf(pid: number): string | undefined {
  if (!onLinux) return ps('lstart=', pid);
  const afterName = read(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ');
  if (afterName === undefined || afterName[0] === 'Z' || afterName[0] === 'X') return undefined;
  // Field 22 of proc(5): ticks from boot to its start.
  return `${read('/proc/sys/kernel/random/boot_id')?.trim()} ${afterName[19]}`;
}

/** Sends a signal; false when the process is gone. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** Waits until the process is gone; false when it still lives after `limitMs`. */
export async function waitUntilGone(pid: number, limitMs: number): Promise<boolean> {
  const identity = identityOf(pid);
  const deadline = performance.now() + limitMs;
  while (identity !== undefined && identityOf(pid) === identity) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function ps(column: string, pid: number): string | undefined {
  const { status, stdout } = spawnSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8' });
  return (status === 0 && stdout.trim()) || undefined;
}
