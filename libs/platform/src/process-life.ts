import type { Logger } from 'pino';
import { createLogger } from './logger.js';
import { loadSettings, SettingsError, type Settings } from './settings.js';
import { StartError } from './start-error.js';

/** EX_CONFIG of sysexits.h: starting again would fail again, until somebody changes a setting. */
export const settingsExitCode = 78;

/** True in a process that the supervisor started: it gets no Ctrl-C of its own, and must not outlive the supervisor. */
export function isSupervised(): boolean {
  return process.env.SUPERVISED === '1';
}

/** The environment of a supervised child: ours, with the given variables put over it. */
export function childEnvironment(variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, ...variables, SUPERVISED: '1' };
}

/** Tells the supervisor, if there is one, that requests or jobs are being served. */
export function announceReady(): void {
  // With a callback, for a supervisor that has just gone: its end is dealt with where the channel's is.
  process.send?.({ ready: true }, undefined, undefined, () => undefined);
}

/**
 * Runs `drain` once, on SIGTERM, on SIGINT where nobody supervises, and when the supervisor is gone, then ends the process: code 0, or 1
 * when draining failed or took longer than `limitSeconds`.
 */
export function onShutdown(drain: (reason: string) => Promise<void>, limitSeconds = 30): void {
  let begun = false;
  const shutDown = (reason: string) => {
    if (begun) return;
    begun = true;
    setTimeout(() => process.exit(1), limitSeconds * 1_000).unref();
    drain(reason).then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', () => shutDown('SIGTERM'));
  // Supervised, Ctrl-C reaches the supervisor, which then says SIGTERM in its own order.
  process.on('SIGINT', () => isSupervised() || shutDown('SIGINT'));
  process.on('disconnect', () => shutDown('supervisor gone'));
  // It may have gone while this process was still loading.
  if (isSupervised() && !process.connected) shutDown('supervisor gone');
}

/**
 * The whole of a process: settings, logger, then `start`. What fails at boot, and what nobody caught later, becomes one log line (without a
 * stack for a StartError) and exit code 1; a SettingsError exit code 78.
 */
export async function runProcess(name: string, start: (settings: Settings, logger: Logger) => Promise<void>): Promise<void> {
  let logger = createLogger({ process: name });
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'unexpected error');
    process.exit(1);
  });
  try {
    const settings = loadSettings();
    logger = createLogger({ process: name, level: settings.log.level });
    await start(settings, logger);
  } catch (error) {
    if (error instanceof StartError) logger.fatal(error.message);
    else logger.fatal({ err: error }, 'cannot start');
    process.exit(error instanceof SettingsError ? settingsExitCode : 1);
  }
}

/**
 * Past the pooler, where there is one: for what needs a session of its own. `url`: of the database that the process uses otherwise. Throws
 * SettingsError where only the pooler is known.
 */
export function directDatabaseUrlOf({ database }: Settings, url: string): string {
  if (database.directUrl !== undefined) return database.directUrl;
  if (database.pooler === 'none') return url;
  throw new SettingsError('DATABASE_DIRECT_URL is required for this with DATABASE_POOLER=transaction');
}

/** The database of a process that runs alone; throws SettingsError where none is given. */
export function databaseUrlOf(settings: Settings): string {
  if (settings.database.url === undefined) throw new SettingsError('DATABASE_URL is required (npm start runs a PostgreSQL of its own)');
  return settings.database.url;
}
