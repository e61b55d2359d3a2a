import { endObjectStore } from './object-store/object-store.mjs';
import { stopPostgres } from './unit-postgres.mjs';

export default async function tearDown() {
  await Promise.all([stopPostgres(), endObjectStore()]);
}
