import { jest } from '@jest/globals';
import { Outage } from '#jobs';
import { MaintenanceStore, type MaintenanceFields } from '#metadata';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { outageLog } from '../outbox/outage-log.js';
import { until, Workbench } from '../testing/workbench.js';
import { MaintenanceRunner } from './maintenance-runner.js';
import type { RunInHand } from './run-in-hand.js';

// Threads and workers take their time to start on a busy machine.
jest.setTimeout(60_000);

describe('MaintenanceRunner', () => {
  const database = withDatabase();
  const outages: Outage[] = [];
  const runners: MaintenanceRunner[] = [];
  let bench: Workbench;
  let runs: MaintenanceStore;

  beforeEach(async () => {
    bench = await Workbench.set(database);
    runs = new MaintenanceStore(database.db, { silenceSeconds: 1 });
  });
  afterEach(async () => {
    await Promise.all(runners.splice(0).map((runner) => runner.close()));
    for (const outage of outages.splice(0)) outage.close();
    await database.sql('truncate maintenance_runs cascade');
    await bench.clear();
  });

  function start(run: (hand: RunInHand) => Promise<MaintenanceFields>, everyMs = 20): MaintenanceRunner {
    const outage = new Outage({ name: 'PostgreSQL', probe: () => database.db.ping(), report: outageLog(bench.logger) });
    outages.push(outage);
    const works = { sweep: { scheduled: false, dryRuns: false, run } };
    const runner = new MaintenanceRunner({ works, runs, database: outage, logger: bench.logger, everyMs, heartbeatMs: 50 });
    runners.push(runner);
    runner.start();
    return runner;
  }
  const untilAborted = ({ signal }: RunInHand) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
  const ended = async (id: number) => {
    await until(async () => (await runs.find(id))?.finishedAt !== null);
    return runs.find(id);
  };

  it('runs what was asked for, one after the other, and writes down what came of it', async () => {
    const ids = [await runs.request('sweep'), await runs.request('sweep'), await runs.request('gc')];
    let running = 0;
    start(async (hand) => {
      running += 1;
      await hand.save({ half: true });
      expect(running--).toBe(1);
      return { id: hand.run.id };
    });
    expect(await ended(ids[0]!)).toMatchObject({ state: 'finished', progress: { half: true }, report: { id: ids[0] } });
    expect(await ended(ids[1]!)).toMatchObject({ state: 'finished', report: { id: ids[1] } });
    expect((await runs.find(ids[2]!))?.state).toBe('waiting');
  });

  it('writes down why a run failed, and goes on with the next', async () => {
    const ids = [await runs.request('sweep'), await runs.request('sweep')];
    start(async ({ run }) => {
      if (run.id === ids[0]) throw new Error('no room', { cause: new Error('disk full') });
      return {};
    });
    expect(await ended(ids[0]!)).toMatchObject({ state: 'failed', error: 'no room: disk full' });
    expect((await ended(ids[1]!))?.state).toBe('finished');
  });

  it('looks at once when it is told to', async () => {
    const runner = start(async () => ({}), 3_600_000);
    const id = await runs.request('sweep');
    runner.nudge('sweep');
    expect((await ended(id))?.state).toBe('finished');
  });

  it('refuses a dry run of what knows none', async () => {
    const id = await runs.request('sweep', { dryRun: true });
    let begun = false;
    start(async () => ((begun = true), {}));
    expect(await ended(id)).toMatchObject({ state: 'failed', error: 'workers make no dry runs of sweep' });
    expect(begun).toBe(false);
  });

  it('gives its run back when it stops, and the next worker goes on from there', async () => {
    const id = await runs.request('sweep');
    const first = start(async (hand) => {
      hand.note({ at: 7 });
      return untilAborted(hand);
    });
    await until(async () => (await runs.find(id))?.progress.at === 7);
    await first.close();
    start(async ({ run }) => ({ from: run.progress.at }));
    expect((await ended(id))?.report).toEqual({ from: 7 });
  });

  it('keeps a long run alive by its heartbeat alone', async () => {
    const id = await runs.request('sweep');
    const { promise, resolve } = Promise.withResolvers<void>();
    start(() => promise.then(() => ({})));
    await until(async () => (await runs.find(id))?.state === 'running');
    const { heartbeat } = (await runs.find(id))!;
    await until(async () => Number((await runs.find(id))!.heartbeat) > Number(heartbeat) + 1_500);
    expect(await runs.due()).toEqual([]);
    resolve();
    expect((await ended(id))?.state).toBe('finished');
  });

  it('stops where its run was cancelled, or taken by another', async () => {
    const id = await runs.request('sweep');
    let stopped = false;
    start((hand) => untilAborted(hand).catch((error: unknown) => ((stopped = true), Promise.reject(error as Error))));
    await until(async () => (await runs.find(id))?.state === 'running');
    await runs.cancel(id);
    await until(() => stopped);
    expect(await runs.find(id)).toMatchObject({ state: 'failed', error: 'cancelled' });
    expect(bench.log.map(({ msg }) => msg)).toEqual(['maintenance goes on elsewhere, or was cancelled']);
  });
});
