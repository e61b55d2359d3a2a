import { databaseUrlOf, runProcess } from '#platform';
import { migrateDatabase } from './database-migrations.js';

await runProcess('migrate', async (settings, logger) => migrateDatabase(databaseUrlOf(settings), logger));
