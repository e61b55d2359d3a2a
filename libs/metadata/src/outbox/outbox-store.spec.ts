import type { OutboxRow } from '../shapes.js';
import { withDatabase } from '../testing/index.js';
import { OutboxStore } from './outbox-store.js';

const database = withDatabase();
const add = (kind: string, ...keys: string[]) => database.sql('insert into outbox (kind, key) select $1, unnest($2::text[])', [kind, keys]);
const left = (kind: string) =>
  database.sql<{ key: string; attempts: number; last_error: string | null; parked: boolean; wait: number }>(
    `select key, attempts, last_error, parked_at is not null as parked, extract(epoch from not_before - now())::float8 as wait
     from outbox where kind = $1 order by key`,
    [kind],
  );
const done = (rows: OutboxRow[]) => Promise.resolve({ done: rows.map(({ id }) => id), failed: [] });

const none = { due: 0, waiting: 0, parked: 0, failed: 0, oldest: null, oldestParked: null };
const countOf = async (outbox: OutboxStore, kind: string) => (await outbox.counts()).find((count) => count.kind === kind);

afterEach(() => database.sql('delete from outbox'));

describe('the outbox', () => {
  it('gives due rows of a kind, in portions, and forgets those done', async () => {
    const outbox = new OutboxStore(database.db);
    await add('delete-object', 'a', 'b', 'c');
    await add('abort-upload', 'd');
    await database.sql(`update outbox set not_before = now() + interval '1 hour' where key = 'c'`);
    expect((await outbox.dueKinds()).sort()).toEqual(['abort-upload', 'delete-object']);
    expect((await outbox.counts()).filter(({ due }) => due > 0)).toEqual([
      { ...none, kind: 'delete-object', due: 2, waiting: 1, oldest: expect.any(Date) as Date },
      { ...none, kind: 'abort-upload', due: 1, oldest: expect.any(Date) as Date },
    ]);
    expect(await outbox.drain('delete-object', 1, done)).toBe(1);
    expect(await outbox.drain('delete-object', 9, done)).toBe(1);
    expect(await outbox.drain('delete-object', 9, done)).toBe(0);
    expect((await left('delete-object')).map(({ key }) => key)).toEqual(['c']);
    expect(await outbox.dueKinds()).toEqual(['abort-upload']);
  });

  it('never gives a row to two workers at once', async () => {
    const workers = [new OutboxStore(database.db), new OutboxStore(database.connect())];
    await add('index-manifest', ...Array.from({ length: 40 }, (_, i) => `k${i}`));
    const seen: string[] = [];
    const claimed = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        workers[i % 2]!.drain('index-manifest', 5, async (rows) => {
          seen.push(...rows.map(({ key }) => key));
          return done(rows);
        }),
      ),
    );
    expect(claimed.reduce((a, b) => a + b)).toBe(40);
    expect(new Set(seen).size).toBe(40);
  });

  it('puts failures off, longer each time, and parks them at last', async () => {
    const outbox = new OutboxStore(database.db, { maxAttempts: 3 });
    await add('delete-object', 'bad', 'good', 'untouched');
    await outbox.drain('delete-object', 9, async (rows) => ({
      done: rows.filter(({ key }) => key === 'good').map(({ id }) => id),
      failed: rows.filter(({ key }) => key === 'bad').map(({ id }) => ({ id, error: 'no\0 luck \ud800' })),
    }));
    expect(await left('delete-object')).toMatchObject([
      { key: 'bad', attempts: 1, last_error: 'no luck \ufffd', parked: false },
      { key: 'untouched', attempts: 0, last_error: null },
    ]);
    expect(await countOf(outbox, 'delete-object')).toMatchObject({ due: 1, waiting: 1, failed: 1, parked: 0, oldestParked: null });
    const waits: number[] = [];
    for (const attempts of [2, 3]) {
      waits.push((await left('delete-object'))[0]!.wait);
      await database.sql(`update outbox set not_before = now() where key = 'bad'`);
      await outbox.drain('delete-object', 9, () => Promise.reject(new Error('worse luck')));
      expect((await left('delete-object'))[0]).toMatchObject({ attempts, last_error: 'Error: worse luck', parked: attempts === 3 });
    }
    expect(waits[1]).toBeGreaterThan(waits[0]! * 1.5);
    await database.sql(`delete from outbox where key = 'untouched'`);
    expect(await outbox.dueKinds()).toEqual([]);
    const [{ parked_at: since } = {}] = await database.sql<{ parked_at: Date }>('select parked_at from outbox');
    expect(await countOf(outbox, 'delete-object')).toEqual({ ...none, kind: 'delete-object', parked: 1, oldestParked: since });
  });

  it('shows people what stands, and has what was given up tried again', async () => {
    const outbox = new OutboxStore(database.db, { maxAttempts: 1 });
    await add('delete-object', 'a', 'b');
    await add('abort-upload', 'c');
    for (const kind of ['delete-object', 'abort-upload'] as const) await outbox.drain(kind, 1, () => Promise.reject(new Error(kind)));
    const all = await outbox.list();
    expect(all.map(({ key }) => key)).toEqual(['a', 'b', 'c']);
    expect((await outbox.list({ after: all[0]!.id, limit: 1 })).map(({ key }) => key)).toEqual(['b']);
    expect((await outbox.list({ kind: 'abort-upload' })).map(({ key }) => key)).toEqual(['c']);
    const failed = await outbox.list({ failed: true });
    expect(failed).toMatchObject([
      { kind: 'delete-object', attempts: 1, lastError: 'Error: delete-object', parkedAt: expect.any(Date) as Date },
      { kind: 'abort-upload', attempts: 1, lastError: 'Error: abort-upload', parkedAt: expect.any(Date) as Date },
    ]);
    expect(await outbox.retry({ kind: 'abort-upload' })).toEqual([failed[1]!.id]);
    expect(await outbox.retry({ ids: [failed[0]!.id, 999_999] })).toEqual([failed[0]!.id]);
    expect(await outbox.retry({})).toEqual([]);
    expect(await outbox.list({ failed: true })).toEqual([]);
    expect([await outbox.drain('delete-object', 9, done), await outbox.drain('abort-upload', 9, done)]).toEqual([2, 1]);
  });

  it('leaves what a worker has in hand to it', async () => {
    const outbox = new OutboxStore(database.db);
    await add('delete-object', 'a');
    const [row] = await outbox.list();
    await outbox.drain('delete-object', 9, async (rows) => {
      expect(await outbox.retry({ ids: [row!.id] })).toEqual([]);
      return done(rows);
    });
    expect(await outbox.list()).toEqual([]);
  });

  it('has the rows of a worker that lost its connection due again', async () => {
    const outbox = new OutboxStore(database.connect({ applicationName: 'doomed' }));
    await add('verify-blob', 'a');
    const drained = outbox.drain('verify-blob', 9, async (rows) => {
      await database.sql(`select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'doomed'`);
      return done(rows);
    });
    await expect(drained).rejects.toThrow('the database is unavailable');
    expect(await new OutboxStore(database.db).drain('verify-blob', 9, done)).toBe(1);
  });
});
