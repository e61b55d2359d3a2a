import { StartError } from '../start-error.js';

/** The embedded PostgreSQL cannot serve; the message is one line for people. */
export class EmbeddedPostgresError extends StartError {
  override readonly name: string = 'EmbeddedPostgresError';
}

/** Another instance holds the data folder; nothing of it was touched. */
export class DataFolderInUseError extends EmbeddedPostgresError {
  override readonly name = 'DataFolderInUseError';
}
