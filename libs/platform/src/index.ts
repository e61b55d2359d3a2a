export { loadSettings, SettingsError } from './settings.js';
export type { Settings, StorageSettings } from './settings.js';
export { settingsTable } from './settings-schema.js';
export type { SettingRow } from './settings-schema.js';
export { createLogger } from './logger.js';
export type { Logger, LogOptions } from './logger.js';
export { announceReady, childEnvironment, databaseUrlOf, isSupervised, onShutdown, runProcess, settingsExitCode } from './process-life.js';
export { projectRoot } from './project-root.js';
