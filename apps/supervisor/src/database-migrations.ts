import { join } from 'node:path';
import { migrate } from '#metadata';
import { projectRoot, StartError, type Logger } from '#platform';

/** Brings the database up to this version; throws StartError where it cannot be reached or refuses. */
export async function migrateDatabase(url: string, logger: Logger): Promise<void> {
  try {
    const applied = await migrate(url, join(projectRoot, 'prisma/migrations'), (message) => logger.info(message));
    logger.info({ applied: applied.length }, 'database is up to date');
  } catch (error) {
    logger.debug({ err: error }, 'migration failed');
    throw new StartError(`the database cannot be brought up to date: ${(error as Error).message}`, { cause: error });
  }
}
