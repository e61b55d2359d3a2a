import { join } from 'node:path';
import { runProcess } from '#platform';
import { runInstance } from '../run-instance.js';
import { sourceOptions } from './source-options.js';

/** An instance of stand-ins: one child for each "name=behaviour" on the command line. */
await runProcess('supervisor', (settings, logger) =>
  runInstance(settings, logger, {
    migrate: async () => undefined,
    programs: ({ port, databaseUrl }) =>
      process.argv.slice(2).map((argument) => {
        const [name = '', behaviour = ''] = argument.split('=');
        const nodeArguments = [...sourceOptions, join(import.meta.dirname, 'stand-in.ts'), behaviour];
        return { name, nodeArguments, environment: { PORT: String(port), DATABASE_URL: databaseUrl } };
      }),
  }),
);
