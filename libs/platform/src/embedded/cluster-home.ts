import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { accountFor, canEnter, type Account } from './account.js';
import { writeOnce } from './durable-file.js';
import { EmbeddedPostgresError } from './embedded-postgres-error.js';

/** For what another system user has to reach: clusters and programs. */
export const sharedFolder = '/var/lib/entrepot';

/** Where the cluster of a data folder is, and whom it belongs to. */
export interface ClusterHome {
  readonly cluster: string;
  readonly account: Account | undefined;
}

/** The file that says where a cluster is that is not in DATA_DIR. */
export function locationNote(dataDir: string): string {
  return join(dataDir, 'postgres.location');
}

/** Where the embedded cluster of a data folder is, or will be, unless it has to be put elsewhere. */
export function clusterFolderOf(dataDir: string): string {
  const note = locationNote(dataDir);
  return existsSync(note) ? readFileSync(note, 'utf8').trim() : join(dataDir, 'postgres');
}

/**
 * `<DATA_DIR>/postgres`; where we are root and PostgreSQL's user cannot enter DATA_DIR, a folder of its own below /var/lib/entrepot, named
 * once and for all in `<DATA_DIR>/postgres.location`.
 */
export function clusterHomeOf(dataDir: string, logger: Logger): ClusterHome {
  const note = locationNote(dataDir);
  const cluster = clusterFolderOf(dataDir);
  if (existsSync(note)) return known(cluster, note);
  const account = accountFor(cluster);
  if (canEnter(account, dataDir)) return { cluster, account };
  if (existsSync(cluster))
    throw new EmbeddedPostgresError(`the owner of ${cluster} cannot reach it; open the folders above it (chmod o+x)`);
  // The note first, so that a crash leaves no cluster that nobody knows.
  const elsewhere = writeOnce(note, join(sharedFolder, randomUUID()), 0o644);
  logger.info({ cluster: elsewhere, reason: `the user of PostgreSQL cannot enter ${dataDir}` }, 'the database is kept elsewhere');
  mkdirSync(sharedFolder, { recursive: true });
  // Others pass through, but see nobody's cluster: PostgreSQL keeps its own folder at 0700.
  chmodSync(sharedFolder, 0o755);
  return { cluster: elsewhere, account };
}

function known(cluster: string, note: string): ClusterHome {
  const account = accountFor(cluster);
  mkdirSync(sharedFolder, { recursive: true });
  if (!canEnter(account, sharedFolder)) throw new EmbeddedPostgresError(`${note} says ${cluster}, which cannot be reached`);
  return { cluster, account };
}
