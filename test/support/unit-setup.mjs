import { startPostgres } from './unit-postgres.mjs';

/** One PostgreSQL for all unit specs of a run; each spec file makes its own database in it (libs/metadata/src/testing). */
export default async function setUp() {
  process.env.ENTREPOT_TEST_DATABASE_URL = await startPostgres();
}
