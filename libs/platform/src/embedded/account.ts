import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';

/** The system user that PostgreSQL runs as, where that is not ourselves. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

const userName = 'postgres';

/**
 * Whom PostgreSQL has to run as: `undefined`, ourselves, unless we are root, which it refuses. Then the owner of an existing cluster, else
 * the user `postgres`, who is created where missing.
 */
export function accountFor(cluster: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(cluster, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  return findUser() ?? createUser();
}

/** Whether that user may enter the folder. */
export function canEnter(account: Account | undefined, folder: string): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd "$0"', folder], { ...account, cwd: '/', stdio: 'ignore' }).status === 0;
}

function findUser(): Account | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, userName], { encoding: 'utf8' }));
  if (uid?.status !== 0 || gid?.status !== 0) return undefined;
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

function createUser(): Account {
  const ways = [
    ['useradd', '--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin', userName],
    ['adduser', '-S', '-D', '-H', userName],
  ];
  for (const [command = '', ...options] of ways) {
    spawnSync(command, options, { stdio: 'ignore' });
    // Looked up even after a failure: another instance may have created it at the same moment.
    const account = findUser();
    if (account !== undefined) return account;
  }
  throw new EmbeddedPostgresError(`PostgreSQL does not run as root, and the user ${userName} cannot be created; start as another user`);
}
