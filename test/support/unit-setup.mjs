import { offerObjectStore } from './object-store/object-store.mjs';
import { startPostgres } from './unit-postgres.mjs';

/** One PostgreSQL and one object store for all unit specs of a run; each spec file makes its own database in the one (libs/metadata/src/testing), its own bucket in the other (libs/cas/src/testing). */
export default async function setUp() {
  const [database, objectStore] = await Promise.all([startPostgres(), offerObjectStore()]);
  process.env.ENTREPOT_TEST_DATABASE_URL = database;
  process.env.ENTREPOT_TEST_OBJECT_STORE = objectStore ?? '';
}
