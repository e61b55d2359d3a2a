export { loadSettings, SettingsError } from './settings.js';
export type { Settings, StorageSettings } from './settings.js';
export { settingsTable } from './settings-schema.js';
export type { SettingRow } from './settings-schema.js';
export { createLogger } from './logger.js';
export type { Logger, LogOptions } from './logger.js';
export {
  announceReady,
  childEnvironment,
  databaseUrlOf,
  directDatabaseUrlOf,
  isSupervised,
  onShutdown,
  runProcess,
  settingsExitCode,
} from './process-life.js';
export { projectRoot } from './project-root.js';
export { commandLineOf, identityOf, signal, waitUntilGone } from './process-identity.js';
export { clusterFolderOf } from './embedded/cluster-home.js';
export { EmbeddedPostgres } from './embedded/embedded-postgres.js';
export type { EmbeddedPostgresOptions } from './embedded/embedded-postgres.js';
export { DataFolderInUseError, EmbeddedPostgresError } from './embedded/embedded-postgres-error.js';
export { NotRunningError, runningDatabaseUrl } from './embedded/running-database.js';
export { StartError } from './start-error.js';
