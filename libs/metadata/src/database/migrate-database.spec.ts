import { StartError } from '#platform';
import { migrateDatabase } from './migrate-database.js';

it('says in one line, without the password, which database cannot be reached and why', async () => {
  const failure = await migrateDatabase('postgresql://user:hunter2@127.0.0.1:1/registry').catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(StartError);
  const { message } = failure as StartError;
  expect(message).toMatch(/^the database at 127\.0\.0\.1:1 cannot be brought up to date: .*ECONNREFUSED/);
  expect(message).not.toContain('hunter2');
});
