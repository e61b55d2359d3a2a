export { withDatabase, type TestDatabase } from './with-database.js';
export { StatementMeter } from './statement-meter.js';
