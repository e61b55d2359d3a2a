import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Outage } from '#jobs';
import { OutboxStore, type Database, type DrainResult, type OutboxRow } from '#metadata';
import { projectRoot } from '#platform';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { SeverableLink } from '../testing/severable-link.js';
import { until, Workbench } from '../testing/workbench.js';
import { outageLog } from './outage-log.js';
import { OutboxRelay } from './outbox-relay.js';
import { forEachRow } from './outbox-work.js';

describe('OutboxRelay', () => {
  const database = withDatabase();
  let bench: Workbench;
  let relay: OutboxRelay | undefined;
  let outage: Outage | undefined;

  beforeEach(async () => void (bench = await Workbench.set(database)));
  afterEach(async () => {
    await relay?.close();
    outage?.close();
    await database.sql('truncate outbox');
    await bench.clear();
  });

  const write = (...keys: string[]) =>
    database.sql(`insert into outbox (kind, key) select 'delete-object', key from unnest($1::text[]) as key`, [keys]);

  function relayOf(
    run: (rows: readonly OutboxRow<'delete-object'>[]) => Promise<DrainResult>,
    db: Database = database.db,
    maxAttempts = 3,
  ) {
    outage = new Outage({ name: 'PostgreSQL', probe: () => db.ping(), report: outageLog(bench.logger), everyMs: 20 });
    const work = { kind: 'delete-object', batch: 2, lanes: 1, run } as const;
    const outbox = new OutboxStore(db, { maxAttempts });
    relay = new OutboxRelay({ works: [work], outbox, database: outage, logger: bench.logger, everyMs: 20 });
    return relay;
  }

  it('finds due rows by itself, batch after batch', async () => {
    await write('a', 'b', 'c', 'd', 'e');
    const batches: string[][] = [];
    relayOf(async (rows) => {
      batches.push(rows.map(({ key }) => key));
      return { done: rows.map(({ id }) => id), failed: [] };
    }).start();
    await until(async () => (await bench.due('delete-object')).length === 0);
    expect(batches.map((batch) => batch.length)).toEqual([2, 2, 1]);
    expect(batches.flat().sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('parks what fails to the last, where an operator sees it, and goes on with the rest', async () => {
    await write('good', 'bad');
    const patient = relayOf((rows) =>
      forEachRow(rows, 2, async ({ key }) => {
        if (key === 'bad') throw new Error('cannot', { cause: new Error('no such bucket') });
      }),
    );
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await patient.look('delete-object');
      expect(await bench.due('delete-object')).toMatchObject([{ key: 'bad', attempts: attempt, parked: attempt === 3 }]);
      await database.sql('update outbox set not_before = now()');
    }
    await patient.look('delete-object');
    const failures = bench.log.map(({ level, msg, kind, key, error, attempts }) => ({ level, msg, kind, key, error, attempts }));
    const failure = { kind: 'delete-object', key: 'bad', error: 'cannot: no such bucket' };
    expect(failures).toEqual([
      { ...failure, level: 'warn', msg: 'work failed and will be tried again', attempts: 1 },
      { ...failure, level: 'warn', msg: 'work failed and will be tried again', attempts: 2 },
      { ...failure, level: 'error', msg: 'work parked after its last attempt', attempts: 3 },
    ]);
    expect((await bench.outbox.counts()).find(({ kind }) => kind === 'delete-object')).toMatchObject({ due: 0, parked: 1 });
  });

  it('is described as it is', async () => {
    for (const page of ['operations', 'architecture'])
      expect(await readFile(join(projectRoot, 'docs', `${page}.md`), 'utf8')).toMatch(
        new RegExp(`(failed|after) ${new OutboxStore(database.db).maxAttempts} (times|failures)`),
      );
  });

  it('has one look at a time, and looks once more when asked meanwhile', async () => {
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const seen: string[] = [];
    let [running, most] = [0, 0];
    const busy = relayOf(async (rows) => {
      most = Math.max(most, ++running);
      seen.push(...rows.map(({ key }) => key));
      begin();
      await held;
      running -= 1;
      return { done: rows.map(({ id }) => id), failed: [] };
    });
    await write('first');
    const first = busy.look('delete-object');
    await begun;
    await write('second');
    const second = busy.look('delete-object');
    letGo();
    await Promise.all([first, second]);
    expect(seen).toEqual(['first', 'second']);
    expect(most).toBe(1);
  });

  describe('with somebody who waits', () => {
    const seen: string[] = [];
    let begun: PromiseWithResolvers<void>;
    let held: PromiseWithResolvers<void>;

    afterEach(() => held.resolve());

    /** Work that somebody waits for, on one lane, and work that can wait. */
    function busyRelay(patienceMs?: number): OutboxRelay {
      seen.length = 0;
      [begun, held] = [Promise.withResolvers(), Promise.withResolvers()];
      outage = new Outage({ name: 'PostgreSQL', probe: () => database.db.ping(), report: outageLog(bench.logger) });
      const note = (rows: readonly OutboxRow[]): DrainResult => {
        seen.push(...rows.map(({ key }) => key));
        return { done: rows.map(({ id }) => id), failed: [] };
      };
      const urgent = {
        ...{ kind: 'verify-blob', batch: 1, lanes: 1, urgent: true } as const,
        run: async (rows: readonly OutboxRow<'verify-blob'>[]) => {
          begun.resolve();
          await held.promise;
          return note(rows);
        },
      }; // prettier-ignore
      const patient = { kind: 'delete-object', batch: 2, lanes: 1, run: async (rows: readonly OutboxRow<'delete-object'>[]) => note(rows) } as const; // prettier-ignore
      const works = [urgent, patient];
      return (relay = new OutboxRelay({ works, outbox: bench.outbox, database: outage, logger: bench.logger, patienceMs }));
    }
    const someTime = async () => {
      for (let round = 0; round < 20; round += 1) await bench.outbox.counts();
    };
    const wait = (...keys: string[]) =>
      database.sql(`insert into outbox (kind, key) select 'verify-blob', key from unnest($1::text[]) as key`, [keys]);

    it('begins nothing else while the next who comes would have to wait', async () => {
      const busy = busyRelay(60_000);
      await wait('person 1', 'person 2', 'person 3');
      await write('garbage');
      const verdicts = busy.look('verify-blob');
      await begun.promise;
      const deletion = busy.look('delete-object');
      await someTime();
      expect(seen).toEqual([]);
      held.resolve();
      await Promise.all([verdicts, deletion]);
      expect(seen).toEqual(['person 1', 'person 2', 'person 3', 'garbage']);
    });

    it('goes on with the rest once that has waited for long', async () => {
      const busy = busyRelay(20);
      await wait('person');
      await write('a', 'b', 'c');
      const verdict = busy.look('verify-blob');
      await begun.promise;
      await busy.look('delete-object');
      expect(seen.toSorted()).toEqual(['a', 'b', 'c']);
      held.resolve();
      await verdict;
    });

    it('begins nothing more once it is closed', async () => {
      const busy = busyRelay(60_000);
      await wait('person');
      await write('garbage');
      const verdict = busy.look('verify-blob');
      await begun.promise;
      const deletion = busy.look('delete-object');
      const closed = busy.close();
      held.resolve();
      await Promise.all([verdict, deletion, closed]);
      expect(seen).toEqual(['person']);
    });
  });

  it('says so where nothing is done about a kind', async () => {
    const partial = relayOf(async () => ({ done: [], failed: [] }));
    await expect(partial.look('verify-blob')).rejects.toThrow('nothing is done about verify-blob');
    await database.sql(`insert into outbox (kind, key) values ('index-referrers', 'k')`);
    partial.start();
    await until(() => bench.log.some(({ level, kind, msg }) => level === 'error' && kind === 'index-referrers' && msg === 'cannot work off the outbox')); // prettier-ignore
  });

  it('survives Postgres: one line when it goes, one when it is back, then on with the work', async () => {
    const { hostname, port } = new URL(database.url);
    const link = await SeverableLink.to(hostname, Number(port));
    const db = database.connect({ url: link.through(database.url) });
    const done: string[] = [];
    const surviving = relayOf(async (rows) => {
      done.push(...rows.map(({ key }) => key));
      return { done: rows.map(({ id }) => id), failed: [] };
    }, db);
    surviving.start();
    await write('before');
    await until(() => done.includes('before'));
    await link.cut();
    await until(() => bench.log.length > 0);
    await write('meanwhile');
    // Several rounds of a relay that finds nobody.
    for (let round = 0; round < 3; round += 1) await expect(surviving.look('delete-object')).rejects.toThrow('the database is unavailable');
    await link.mend();
    await until(() => done.includes('meanwhile'));
    expect(bench.log.map(({ level, msg }) => [level, msg])).toEqual([
      ['error', 'PostgreSQL is unavailable; trying until it is back'],
      ['info', 'PostgreSQL is back'],
    ]);
    await surviving.close();
    await link.cut();
  });
});
