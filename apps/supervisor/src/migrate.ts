import { databaseUrlOf, directDatabaseUrlOf, runProcess } from '#platform';
import { migrateDatabase } from './database-migrations.js';

await runProcess('migrate', async (settings, logger) => migrateDatabase(directDatabaseUrlOf(settings, databaseUrlOf(settings)), logger));
