import { tenantOf, type RepositoryName } from '#oci';
import type { ConnectionPool } from '../database/connection-pool.js';
import { DatabaseUnavailableError } from '../database/database-errors.js';
import { createRepository } from './repository-statements.js';

/** Runs a write that answers null where the repository has no row yet; then makes the row (and its tenant's) and repeats the write. */
export async function inRepository<T>(pool: ConnectionPool, name: RepositoryName, write: () => Promise<T | null>): Promise<T> {
  const first = await write();
  if (first !== null) return first;
  await pool.query(createRepository, [tenantOf(name), name]);
  const second = await write();
  // Somebody removed it in between: the client's next attempt makes it anew.
  if (second === null) throw new DatabaseUnavailableError({ cause: new Error(`repository ${name} vanished`), asked: false });
  return second;
}
