import { directDatabaseUrlOf, runProcess } from '#platform';
import { migrateDatabase } from './database-migrations.js';
import { builtPrograms } from './programs.js';
import { runInstance } from './run-instance.js';

await runProcess('supervisor', (settings, logger) =>
  runInstance(settings, logger, {
    migrate: (databaseUrl) => migrateDatabase(directDatabaseUrlOf(settings, databaseUrl), logger),
    programs: (where) => builtPrograms(settings, where),
  }),
);
