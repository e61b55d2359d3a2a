import { migrateDatabase } from '#metadata';
import { databaseUrlOf, directDatabaseUrlOf, runProcess } from '#platform';

await runProcess('migrate', async (settings, logger) => {
  const applied = await migrateDatabase(directDatabaseUrlOf(settings, databaseUrlOf(settings)), (message) => logger.info(message));
  logger.info({ applied: applied.length }, 'database is up to date');
});
