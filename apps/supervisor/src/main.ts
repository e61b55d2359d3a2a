import { migrateDatabase } from '#metadata';
import { directDatabaseUrlOf, runProcess } from '#platform';
import { builtPrograms } from './programs.js';
import { runInstance } from './run-instance.js';

await runProcess('supervisor', (settings, logger) =>
  runInstance(settings, logger, {
    migrate: async (databaseUrl) => {
      const applied = await migrateDatabase(directDatabaseUrlOf(settings, databaseUrl), (message) => logger.info(message));
      logger.info({ applied: applied.length }, 'database is up to date');
    },
    programs: (where) => builtPrograms(settings, where),
  }),
);
