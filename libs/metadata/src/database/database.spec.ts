import { createServer, type AddressInfo, type Socket } from 'node:net';
import { freePort, until } from '../testing/fixtures.js';
import { withDatabase } from '../testing/index.js';
import type { Queryable } from './connection-pool.js';
import { DatabaseUnavailableError } from './database-errors.js';
import { Database } from './database.js';
import { statement } from './statement.js';

const database = withDatabase();
const insert = statement('spec_insert', 'insert into tenants (name) values ($1) returning name');
const update = statement('spec_update', 'update tenants set created_at = now() where name = $1 returning name');
const sleep = statement('spec_sleep', 'select pg_sleep($1)');
const setting = statement('spec_setting', 'select current_setting($1) as value');
const terminate = (application: string) =>
  database.sql('select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1', [application]);
/** Resolves once a connection of that name runs a statement. */
function untilActive(application: string): Promise<void> {
  const active = `select from pg_stat_activity where application_name = $1 and state = 'active'`;
  return until(async () => (await database.sql(active, [application])).length > 0);
}

describe('connections', () => {
  it('that are cut in mid-statement, or while idle, make one request fail and no other', async () => {
    let noticed = (_error: Error): void => {};
    const idleOneBroke = new Promise<Error>((resolve) => (noticed = resolve));
    const db = database.connect({ applicationName: 'cut', onError: (error) => noticed(error) });
    await db.ping();
    await terminate('cut');
    expect((await idleOneBroke).message).toContain('terminating connection');
    await db.ping();
    const cut = db.main.query(sleep, [30]);
    await Promise.all([untilActive('cut').then(() => terminate('cut')), expect(cut).rejects.toThrow(DatabaseUnavailableError)]);
    await db.ping();
    const inTransaction = db.main.transaction(async (transaction) => {
      await transaction.query(insert, ['half']);
      await terminate('cut');
      return transaction.query(insert, ['other half']);
    });
    await expect(inTransaction).rejects.toThrow(DatabaseUnavailableError);
    expect(await db.main.query(insert, ['half'])).toEqual([{ name: 'half' }]);
  });

  it('that can not be had are an error in time', async () => {
    const accepted: Socket[] = [];
    const silent = createServer((socket) => accepted.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const url = Object.assign(new URL(database.url), { port: String(port) }).href;
    await expect(database.connect({ url, connectTimeoutMs: 100 }).ping()).rejects.toThrow(DatabaseUnavailableError);
    for (const socket of accepted) socket.destroy();
    await new Promise((resolve) => silent.close(resolve));
    await expect(database.connect({ url }).ping()).rejects.toThrow(DatabaseUnavailableError);
    const busy = database.connect({ poolSize: 1, connectTimeoutMs: 200, applicationName: 'busy' });
    const sleeping = busy.main.query(sleep, [1]);
    await untilActive('busy');
    await expect(busy.ping()).rejects.toThrow(DatabaseUnavailableError);
    await sleeping;
    await busy.ping();
  });

  it('wait neither for slow statements nor for locks forever, and live on', async () => {
    const slow = database.connect({ statementTimeoutMs: 100, poolSize: 1, applicationName: 'slow' });
    await expect(slow.main.query(sleep, [30])).rejects.toThrow(DatabaseUnavailableError);
    const backend = () => database.sql(`select pid from pg_stat_activity where application_name = 'slow'`);
    const before = await backend();
    await slow.ping();
    expect(await backend()).toEqual(before);

    await database.db.main.query(insert, ['locked']);
    const impatient = database.connect({ lockTimeoutMs: 50 });
    await database.db.main.transaction(async (transaction) => {
      await transaction.query(update, ['locked']);
      await expect(impatient.main.query(update, ['locked'])).rejects.toThrow(DatabaseUnavailableError);
    });
    expect(await impatient.main.query(update, ['locked'])).toHaveLength(1);
  });

  it('of upload sessions alone commit without waiting for the disk', async () => {
    const { main, lazy } = database.db;
    expect(await main.query(setting, ['synchronous_commit'])).toEqual([{ value: 'on' }]);
    expect(await lazy.query(setting, ['synchronous_commit'])).toEqual([{ value: 'off' }]);
    expect(await main.query(setting, ['plan_cache_mode'])).toEqual([{ value: 'force_generic_plan' }]);
  });

  it('are named and closed', async () => {
    const db = Database.connect({ url: database.url, applicationName: 'brief' });
    await db.ping();
    await db.withPrisma((prisma) => prisma.tenant.count());
    const named = () => database.sql(`select from pg_stat_activity where application_name = 'brief'`);
    expect((await named()).length).toBeGreaterThan(0);
    await db.close();
    await until(async () => (await named()).length === 0);
  });
});

describe('transactions', () => {
  it('begin again once after a deadlock', async () => {
    await Promise.all(['a', 'b'].map((name) => database.db.main.query(insert, [name])));
    const beginnings: string[] = [];
    let firstLocks = 0;
    let bothLocked = (): void => {};
    const locked = new Promise<void>((resolve) => (bothLocked = resolve));
    let oneWon = (): void => {};
    const won = new Promise<void>((resolve) => (oneWon = resolve));
    const crosswise = (first: string, second: string) =>
      database.db.main.transaction(async (transaction: Queryable) => {
        if (beginnings.push(first) === 3) await won;
        await transaction.query(update, [first]);
        if (++firstLocks === 2) bothLocked();
        await locked;
        await transaction.query(update, [second]);
        oneWon();
        return first;
      });
    expect(await Promise.all([crosswise('a', 'b'), crosswise('b', 'a')])).toEqual(['a', 'b']);
    expect(beginnings).toHaveLength(3);
  });

  it.each([
    [10, 3, 2],
    [30, 9, 7],
    [4, 2, 2],
  ])('of a pool of %i may hang so many at once, and two in any case', (poolSize, main, lazy) => {
    expect(database.connect({ poolSize }).unanswered).toEqual({ main, lazy });
  });

  it('begin again after a foreign key error, and pass on what is nobody’s fault but ours', async () => {
    const orphan = statement('spec_orphan', `insert into repositories (tenant, name) values ('nobody', 'nobody/x')`);
    const before = database.db.statementCounts().get('spec_orphan') ?? 0;
    await expect(database.db.main.query(orphan, [])).rejects.toMatchObject({ code: '23503' });
    expect(database.db.statementCounts().get('spec_orphan')).toBe(before + 2);
    await database.db.main.query(insert, ['twice']);
    await expect(database.db.main.query(insert, ['twice'])).rejects.toMatchObject({ code: '23505' });
    await expect(database.db.main.transaction(() => Promise.reject(new TypeError('ours')))).rejects.toThrow(TypeError);
    await database.db.ping();
  });

  it('through Prisma fail alike', async () => {
    const url = Object.assign(new URL(database.url), { port: String(await freePort()) }).href;
    const nowhere = database.connect({ url });
    await expect(nowhere.withPrisma((prisma) => prisma.tenant.count())).rejects.toThrow(DatabaseUnavailableError);
    expect(await database.db.withPrisma((prisma) => prisma.tenant.count())).toBeGreaterThanOrEqual(0);
  });
});
