import { join } from 'node:path';
import { migrate } from '#metadata';
import { projectRoot, StartError, type Logger } from '#platform';

/** Brings the database up to this version; throws StartError where it cannot be reached or refuses. */
export async function migrateDatabase(url: string, logger: Logger): Promise<void> {
  try {
    const applied = await migrate(url, join(projectRoot, 'prisma/migrations'), (message) => logger.info(message));
    logger.info({ applied: applied.length }, 'database is up to date');
  } catch (error) {
    throw new StartError(`the database at ${new URL(url).host} cannot be brought up to date: ${reasonOf(error)}`, { cause: error });
  }
}

/** The message and those beneath it, which tell what really happened ("connect ECONNREFUSED …"). */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${reasonOf(error.cause)})`;
}
