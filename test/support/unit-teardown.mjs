export { stopPostgres as default } from './unit-postgres.mjs';
