import { execFile } from 'node:child_process';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { withDatabase } from '../testing/index.js';
import { migrate } from './migrate.js';

const database = withDatabase();
const root = fileURLToPath(new URL('../../../../', import.meta.url));
let folder: string;

const add = async (name: string, sql: string) => {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, 'migration.sql'), sql);
};
const ledger = () => database.sql('select migration_name from _prisma_migrations where finished_at is not null order by started_at');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'entrepot-migrations-'));
  await database.sql('drop table if exists _prisma_migrations, one, two');
});
afterEach(() => rm(folder, { recursive: true }));

describe('migrating', () => {
  it('applies each migration once, in order, however many processes begin at once', async () => {
    await add('2_two', 'insert into one values (1); create table two ();');
    await add('1_one', 'create table one (n int)');
    const logged: string[] = [];
    const applied = await Promise.all([1, 2, 3].map(() => migrate(database.url, folder, (message) => logged.push(message))));
    expect(applied.flat()).toEqual(['1_one', '2_two']);
    expect(logged).toHaveLength(2);
    expect(await ledger()).toEqual([{ migration_name: '1_one' }, { migration_name: '2_two' }]);
    expect(await database.sql('select n from one')).toEqual([{ n: 1 }]);
  });

  it('leaves nothing of one that fails, and takes the corrected one', async () => {
    await add('1_one', 'create table one (n int); select nonsense');
    await expect(migrate(database.url, folder)).rejects.toThrow(/1_one failed.*nonsense/);
    expect(await ledger()).toEqual([]);
    await add('1_one', 'create table one (n int)');
    expect(await migrate(database.url, folder)).toEqual(['1_one']);
  });

  it('lets those who are at work go first, until they are done', async () => {
    await database.sql('create table one (n int)');
    const holder = new pg.Client(database.url);
    await holder.connect();
    try {
      await holder.query('begin; select from one');
      await add('1_one', 'alter table one add m int');
      const patience = { lockMs: 50, pauseMs: 10, times: 3 };
      await expect(migrate(database.url, folder, undefined, patience)).rejects.toThrow('1_one failed: others use what it changes');
      const applied = migrate(database.url, folder, undefined, { ...patience, times: 1_000 });
      const waiting = `select from pg_stat_activity where application_name = 'entrepot-migrate' and wait_event_type = 'Lock'`;
      while ((await database.sql(waiting)).length === 0) await pause(5);
      // Behind one that waited for longer, this would wait too.
      expect(await database.sql('select n from one')).toEqual([]);
      await holder.query('commit');
      expect(await applied).toEqual(['1_one']);
    } finally {
      await holder.end();
    }
  });

  it("refuses to go on after an edited one, and after one that Prisma's own engine failed on", async () => {
    await add('1_one', 'create table one (n int)');
    await migrate(database.url, folder);
    await add('1_one', 'create table one (n bigint)');
    await expect(migrate(database.url, folder)).rejects.toThrow('migration 1_one was edited after it was applied');
    await database.sql('update _prisma_migrations set finished_at = null');
    await expect(migrate(database.url, folder)).rejects.toThrow('migration 1_one failed before');
  });
});

it("Prisma's schema and the migrations agree", async () => {
  const check = promisify(execFile)(process.execPath, [join(root, 'tools/prisma-migrations.mjs'), 'check'], {
    env: { DATABASE_URL: database.url },
  });
  expect((await check).stdout).toContain('agree');
}, 30_000);
