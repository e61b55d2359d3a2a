import type { Logger, Settings } from '#platform';
import { banner, registryAddress } from './banner.js';
import { onShutdownSignals } from './shutdown-signals.js';
import { Supervisor, type Parts } from './supervisor.js';

/** Runs an instance until a signal ends it, tells people when it is ready, and ends this process with its exit code. */
export async function runInstance(settings: Settings, logger: Logger, parts: Parts): Promise<never> {
  // The three lines are for a reader who may be gone by now.
  process.stdout.on('error', () => undefined);
  const supervisor = new Supervisor(settings, parts, logger);
  onShutdownSignals(
    (reason) => supervisor.stop(reason),
    () => supervisor.hasten(),
  );
  const code = await supervisor.run(({ port }) => {
    const address = registryAddress(settings.listen.host, port);
    logger.info({ url: `http://${address}` }, 'ready');
    process.stdout.write(banner(address, settings.dataDir));
  });
  process.exit(code);
}
