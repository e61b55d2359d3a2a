import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type { Account } from './account.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';

/** The programs of one PostgreSQL version. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly majorVersion: string;
}

/** Those of the npm package for this platform, copied below `sharedFolder` where the account cannot run them in node_modules. */
export function binariesFor(account: Account | undefined, sharedFolder: string): Binaries {
  const packaged = packagedBinaries();
  linkLibraries(packaged.root);
  const failure = runs(account, packaged.root);
  if (failure === undefined) return binariesIn(packaged.root, packaged.version);
  if (account === undefined) throw new EmbeddedPostgresError(`the embedded PostgreSQL does not run on this system: ${failure}`);
  const copy = join(sharedFolder, `postgresql-${packaged.version}`);
  const copied = join(copy, 'native');
  if (runs(account, copied) !== undefined) copyAtOnce(packaged.root, copy, () => runs(account, copied) === undefined);
  const second = runs(account, copied);
  if (second !== undefined) throw new EmbeddedPostgresError(`the embedded PostgreSQL in ${copy} does not run: ${second}`);
  return binariesIn(copied, packaged.version);
}

function packagedBinaries(): { root: string; version: string } {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const outer = createRequire(import.meta.url).resolve('embedded-postgres');
    const folder = join(dirname(createRequire(outer).resolve(name)), '..');
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { root: join(folder, 'native'), version };
  } catch {
    throw new EmbeddedPostgresError(`there is no embedded PostgreSQL for this system (${name}); give a DATABASE_URL`);
  }
}

function binariesIn(root: string, version: string): Binaries {
  return { initdb: join(root, 'bin/initdb'), postgres: join(root, 'bin/postgres'), majorVersion: version.split('.')[0] ?? '' };
}

/** npm packages carry no symbolic links; the package makes them in an install script, which npm may have been told not to run. */
function linkLibraries(root: string): void {
  const list = join(root, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(root, '..', target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(basename(source), link);
    } catch {
      // Read-only: whether it matters shows when the program is run.
    }
  }
}

function runs(account: Account | undefined, root: string): string | undefined {
  const { status, stderr, error } = spawnSync(join(root, 'bin/postgres'), ['--version'], { ...account, cwd: '/', encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr).trim();
}

function copyAtOnce(root: string, copy: string, isUsable: () => boolean): void {
  mkdirSync(dirname(copy), { recursive: true, mode: 0o755 });
  const temporary = mkdtempSync(`${copy}.new-`);
  try {
    const whole = join(temporary, 'whole');
    cpSync(root, join(whole, 'native'), { recursive: true, verbatimSymlinks: true });
    // Or a power cut could leave the names without the contents.
    spawnSync('sync');
    // Another instance may just have made one, and be using it.
    if (isUsable()) return;
    if (existsSync(copy)) renameSync(copy, join(temporary, 'broken'));
    renameSync(whole, copy);
  } catch (error) {
    if (!isUsable()) throw error;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
