import { join } from 'node:path';
import { projectRoot, StartError } from '#platform';
import { migrate } from './migrate.js';

/** Brings the database up to this version, and answers the migrations that took; throws StartError where it cannot be reached or refuses. */
export async function migrateDatabase(url: string, log: (message: string) => void = () => undefined): Promise<string[]> {
  try {
    return await migrate(url, join(projectRoot, 'prisma/migrations'), log);
  } catch (error) {
    throw new StartError(`the database at ${new URL(url).host} cannot be brought up to date: ${reasonOf(error)}`, { cause: error });
  }
}

/** The message and those beneath it, which tell what really happened ("connect ECONNREFUSED …"). */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${reasonOf(error.cause)})`;
}
