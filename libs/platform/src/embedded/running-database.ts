import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '../start-error.js';
import { locationNote } from './cluster-home.js';
import { findRunningServer } from './postmaster-file.js';
import { databaseUrl } from './session.js';

/** No instance runs on a data folder; the message is one line for people. */
export class NotRunningError extends StartError {
  override readonly name = 'NotRunningError';
}

/** The database of the instance that runs on a data folder, for other processes of this machine; throws NotRunningError, and changes nothing. */
export function runningDatabaseUrl(dataDir: string): string {
  if (!existsSync(dataDir)) throw new NotRunningError(`no instance runs on DATA_DIR ${dataDir}: there is no such folder`);
  const folder = realpathSync(dataDir);
  const password = read(join(folder, 'postgres.password'), dataDir);
  const server = findRunningServer(clusterOf(folder));
  if (password === undefined || server === undefined)
    throw new NotRunningError(`no instance runs on DATA_DIR ${dataDir}: start it, or give DATABASE_URL`);
  return databaseUrl(server.port, password);
}

function clusterOf(folder: string): string {
  return read(locationNote(folder), folder) ?? join(folder, 'postgres');
}

/** Undefined where there is no such file. */
function read(file: string, dataDir: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const { code } = error as NodeJS.ErrnoException;
    throw new NotRunningError(`DATA_DIR ${dataDir} cannot be read (${code}): run this as the user who runs Entrepot`);
  }
}
