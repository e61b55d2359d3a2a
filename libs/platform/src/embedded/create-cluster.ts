import { spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Binaries } from './binaries.js';
import type { ClusterHome } from './cluster-home.js';
import { syncFolder, unfinishedMark } from './durable-file.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';

/** The superuser of every embedded cluster. */
export const userName = 'entrepot';

/** Runs initdb unless the cluster is there, beside its place and renamed into it, so that no crash leaves half a cluster. */
export async function createCluster(home: ClusterHome, binaries: Binaries, password: string): Promise<void> {
  if (isCluster(home.cluster, binaries)) return;
  const beside = mkdtempSync(home.cluster + unfinishedMark);
  try {
    const cluster = join(beside, 'cluster');
    const passwordFile = join(beside, 'password');
    mkdirSync(cluster, { mode: 0o700 });
    writeFileSync(passwordFile, password, { mode: 0o600 });
    if (home.account !== undefined) {
      for (const path of [beside, cluster, passwordFile]) chownSync(path, home.account.uid, home.account.gid);
    }
    await initdb(home, binaries, { cluster, passwordFile });
    renameSync(cluster, home.cluster);
    syncFolder(dirname(home.cluster));
  } catch (error) {
    // Another instance was faster and has swept ours away: its cluster is as good, and the lock decides between the two of us.
    if (!isCluster(home.cluster, binaries)) throw error;
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

function isCluster(cluster: string, { majorVersion }: Binaries): boolean {
  const versionFile = join(cluster, 'PG_VERSION');
  if (!existsSync(versionFile)) {
    // An account that may not look inside sees no version either, and must not take the folder for an empty place.
    if (existsSync(cluster) && readFolder(cluster).length > 0) throw new EmbeddedPostgresError(`${cluster} is no PostgreSQL cluster`);
    return false;
  }
  const version = readFileSync(versionFile, 'utf8').trim();
  if (version === majorVersion) return true;
  throw new EmbeddedPostgresError(
    `${cluster} was made by PostgreSQL ${version}, this is ${majorVersion}: dump it there and restore it here`,
  );
}

function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    throw new EmbeddedPostgresError(`${folder} belongs to another user`);
  }
}

async function initdb(home: ClusterHome, binaries: Binaries, made: { cluster: string; passwordFile: string }): Promise<void> {
  const options = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale-provider=builtin', '--locale=C.UTF-8', '--lc-messages=C'];
  const child = spawn(
    binaries.initdb,
    [`--pgdata=${made.cluster}`, `--username=${userName}`, `--pwfile=${made.passwordFile}`, ...options],
    {
      ...home.account,
      cwd: '/',
      // Its own group, like the server: Ctrl-C in a terminal is ours to handle.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: '/usr/bin:/bin', TZ: 'UTC' },
    },
  );
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new EmbeddedPostgresError(`initdb failed: ${complaint.trim().split('\n').join(' ')}`);
  chmodSync(made.cluster, 0o700);
}
