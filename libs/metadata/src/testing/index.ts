export { withDatabase, type TestDatabase } from './with-database.js';
