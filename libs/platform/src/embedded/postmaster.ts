import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { identityOf, signal, waitUntilGone } from '../process-identity.js';
import type { Binaries } from './binaries.js';
import type { ClusterHome } from './cluster-home.js';
import { removeStaleFile, type RunningServer } from './postmaster-file.js';
import { serverOptions, type ServerSize } from './server-options.js';

/** What a server needs to run. */
export interface ServerPlan extends ServerSize {
  readonly home: ClusterHome;
  readonly binaries: Binaries;
  /** Its standard error. */
  readonly logFile: string;
}

const largestLogBytes = 10 * 1_048_576;

/** Starts a server process that outlives us and hears no Ctrl-C; whether it serves is for the caller to find out. */
export async function startServer(plan: ServerPlan, port: number): Promise<RunningServer> {
  removeStaleFile(plan.home.cluster);
  const log = openSync(plan.logFile, isLarge(plan.logFile) ? 'w' : 'a', 0o600);
  try {
    const child = spawn(plan.binaries.postgres, ['-D', plan.home.cluster, '-p', String(port), ...serverOptions(plan)], {
      ...plan.home.account,
      cwd: '/',
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    });
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    return { pid: child.pid!, port };
  } finally {
    closeSync(log);
  }
}

/** Ends a server: sessions are cut, everything is written; a server that cannot do that in `limitMs` is ended as by a crash. */
export async function stopServer({ pid }: RunningServer, limitMs: number): Promise<void> {
  // "Fast", then "immediate" shutdown; after the latter, and after SIGKILL, the next start recovers from the log.
  for (const [name, wait] of [
    ['SIGINT', limitMs],
    ['SIGQUIT', 10_000],
    ['SIGKILL', 10_000],
  ] as const) {
    if (!signal(pid, name) || (await waitUntilGone(pid, wait))) return;
  }
}

/** Whether the process is there. */
export function isAlive({ pid }: RunningServer): boolean {
  return identityOf(pid) !== undefined;
}

/** The last thing a server said, for a message. */
export function lastWords(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8').trim().split('\n');
  return lines.findLast((line) => /(FATAL|PANIC):/.test(line)) ?? lines.at(-1) ?? '';
}

function isLarge(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > largestLogBytes;
}
