import { withDatabase } from '../testing/index.js';
import type { MaintenanceQueue } from './maintenance-run.js';
import { MaintenanceStore } from './maintenance-store.js';

const requested: MaintenanceQueue = { kind: 'sweep', scheduled: false };
const scheduled: MaintenanceQueue = { kind: 'scrub', scheduled: true };

describe('MaintenanceStore', () => {
  const database = withDatabase();
  const store = () => new MaintenanceStore(database.connect());
  /** As if the worker had been killed a while ago. */
  const silence = () => database.sql(`update maintenance_runs set heartbeat = now() - interval '1 minute'`);

  afterEach(() => database.sql('truncate maintenance_runs cascade'));

  it('keeps a request until a worker claims it, then shows how far it is and what came of it', async () => {
    const [runs, worker] = [store(), store()];
    const id = await runs.request('sweep', { dryRun: true, options: { minAgeSeconds: 5 } });
    expect(await runs.find(id)).toMatchObject({ state: 'waiting', dryRun: true, scheduled: false, options: { minAgeSeconds: 5 } });
    expect(await worker.due()).toEqual([requested]);
    const claimed = (await worker.claim(requested))!;
    expect(claimed.run).toMatchObject({ id, state: 'running', dryRun: true });
    expect(await worker.due()).toEqual([]);
    expect(await worker.beat(claimed, { objects: 7, name: '\0' })).toBe(true);
    expect(await runs.find(id)).toMatchObject({ state: 'running', progress: { objects: 7, name: '\u{fffd}' } });
    expect(await worker.finish(claimed, { report: { orphans: 1 } })).toBe(true);
    expect(await runs.find(id)).toMatchObject({ state: 'finished', report: { orphans: 1 }, error: null });
    expect(await runs.find(id + 1)).toBeNull();
  });

  it('lists the newest first, of one kind or of all', async () => {
    const runs = store();
    const ids = [await runs.request('gc'), await runs.request('sweep'), await runs.request('gc')];
    expect((await runs.list()).map(({ id }) => id)).toEqual(ids.toReversed());
    expect((await runs.list({ kind: 'gc', limit: 1 })).map(({ id }) => id)).toEqual([ids[2]]);
  });

  it('finds what is unfinished however much came and went since', async () => {
    const runs = store();
    const ids = [await runs.request('sweep'), await runs.request('gc')];
    await database.sql(`insert into maintenance_runs (kind, finished_at) select 'gc', now() from generate_series(1, 60)`);
    await runs.claim(requested);
    expect((await runs.unfinished()).map(({ id, state }) => [id, state])).toEqual([
      [ids[1], 'waiting'],
      [ids[0], 'running'],
    ]);
  });

  it('gives one run to one of many workers', async () => {
    await store().request('sweep');
    const claims = await Promise.all(Array.from({ length: 8 }, () => store().claim(requested)));
    expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
  });

  it('passes the run of a silent worker on with its progress, and hears nothing from it any more', async () => {
    const [first, second] = [store(), store()];
    await first.request('sweep');
    const lost = (await first.claim(requested))!;
    await first.beat(lost, { prefix: 9 });
    await silence();
    const found = (await second.claim(requested))!;
    expect(found.run.progress).toEqual({ prefix: 9 });
    expect(await first.beat(lost, { prefix: 10 })).toBe(false);
    expect(await first.finish(lost, { error: 'gone' })).toBe(false);
    expect((await second.find(found.run.id))?.state).toBe('running');
  });

  it('passes a run given back on at once', async () => {
    const worker = store();
    await worker.request('sweep');
    await worker.release((await worker.claim(requested))!);
    expect(await worker.due()).toEqual([requested]);
  });

  it('ends a cancelled run under its worker', async () => {
    const runs = store();
    const id = await runs.request('sweep');
    const claimed = (await runs.claim(requested))!;
    expect([await runs.cancel(id), await runs.cancel(id)]).toEqual([true, false]);
    expect(await runs.beat(claimed)).toBe(false);
    expect(await runs.find(id)).toMatchObject({ state: 'failed', error: 'cancelled' });
  });

  it('forgets runs that were over long ago, and what they noted, and no others', async () => {
    const runs = store();
    const [waiting, old, recent] = [await runs.request('sweep'), await runs.request('sweep'), await runs.request('sweep')];
    for (const [id, days] of [
      [old, 91],
      [recent, 89],
    ] as const)
      // prettier-ignore
      await database.sql('update maintenance_runs set finished_at = now() - make_interval(days => $2) where id = $1', [id, days]);
    await database.sql(`update maintenance_runs set requested_at = now() - interval '1 year'`);
    await database.sql(`insert into orphans (run, key, size) select id, 'blobs/x', 1 from maintenance_runs`);
    await runs.purge(90);
    expect((await runs.list()).map(({ id }) => id)).toEqual([recent, waiting]);
    expect(await database.sql('select run::int from orphans order by run')).toEqual([{ run: waiting }, { run: recent }]);
  });

  it('schedules one run at a time, however many workers ask, and the next when its time has come', async () => {
    const workers = Array.from({ length: 8 }, store);
    const asked = await Promise.all(workers.map((worker) => worker.schedule('scrub', 60)));
    expect(asked.filter(Boolean)).toHaveLength(1);
    const claimed = (await workers[0]!.claim(scheduled))!;
    expect(await workers[0]!.claim({ ...scheduled, scheduled: false })).toBeNull();
    await workers[0]!.finish(claimed, { report: {} });
    expect(await workers[1]!.schedule('scrub', 60)).toBe(false);
    expect(await workers[1]!.schedule('scrub', 0)).toBe(true);
  });
});
