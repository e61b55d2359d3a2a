import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { commandLineOf } from '../process-identity.js';

/** A server that runs on a cluster. */
export interface RunningServer {
  readonly pid: number;
  readonly port: number;
}

/** The server that postmaster.pid names, if it lives and is ours: pids are used again, most of all in containers. */
export function findRunningServer(cluster: string): RunningServer | undefined {
  const [pid, , , port] = read(join(cluster, 'postmaster.pid')).split('\n').map(Number);
  if (!pid || !port) return undefined;
  return commandLineOf(pid)?.includes(cluster) === true ? { pid, port } : undefined;
}

/** Removes a postmaster.pid whose pid is somebody else's by now, or PostgreSQL would refuse to start. */
export function removeStaleFile(cluster: string): void {
  const [pid] = read(join(cluster, 'postmaster.pid')).split('\n').map(Number);
  // Half-written, or of a server that is just starting: PostgreSQL decides that better.
  if (!pid || commandLineOf(pid) === undefined || commandLineOf(pid)?.includes(cluster) === true) return;
  rmSync(join(cluster, 'postmaster.pid'), { force: true });
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
