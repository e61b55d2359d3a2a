import { runProcess } from '#platform';
import { banner, registryAddress } from './banner.js';
import { migrateDatabase } from './database-migrations.js';
import { builtPrograms } from './programs.js';
import { onShutdownSignals } from './shutdown-signals.js';
import { Supervisor } from './supervisor.js';

// The three lines are for a reader who may be gone by now.
process.stdout.on('error', () => undefined);

await runProcess('supervisor', async (settings, logger) => {
  const supervisor = new Supervisor(
    settings,
    {
      migrate: (databaseUrl) => migrateDatabase(databaseUrl, logger),
      programs: (where) => builtPrograms(settings, where),
      ready: ({ port }) => {
        const address = registryAddress(settings.listen.host, port);
        logger.info({ url: `http://${address}` }, 'ready');
        process.stdout.write(banner(address, settings.dataDir));
      },
    },
    logger,
  );
  onShutdownSignals(
    (reason) => supervisor.stop(reason),
    () => supervisor.hasten(),
  );
  process.exit(await supervisor.run());
});
