import { jest } from '@jest/globals';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { MaintenanceStore } from '#metadata';
import { startWorker, type RunningWorker } from '../start-worker.js';
import { until, Workbench } from '../testing/workbench.js';

// Threads and workers take their time to start on a busy machine.
jest.setTimeout(60_000);

describe('collecting garbage', () => {
  const database = withDatabase();
  let bench: Workbench;
  const workers: RunningWorker[] = [];

  beforeEach(async () => void (bench = await Workbench.set(database)));
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    await bench.clear();
    await database.sql('truncate reviews, outbox, manifest_references, blob_links, blobs, manifests, tags, maintenance_runs cascade');
  });

  const work = async (env: Record<string, string> = {}) => {
    const settings = bench.settings({ BLOB_LINGER_SECONDS: '0', SCRUB_MIB_PER_SECOND: '0', ...env });
    workers.push(await startWorker(settings, bench.logger));
  };
  const layer = (digest: string, size: number) =>
    ({ descriptor: { digest: digest as never, size }, kind: 'layer', optional: false }) as const;

  /** As if nobody had touched anything for two days. */
  const age = async () => {
    await database.sql(`update blob_links set touched_at = touched_at - interval '2 days'`);
    await database.sql(`update reviews set not_before = not_before - interval '2 days'`);
  };

  it('gives the bytes of deleted manifests back, shared ones with the last, beside a second worker', async () => {
    const [kept, shared, alone] = [await bench.blob('kept'), await bench.blob('shared'), await bench.blob('alone')];
    await bench.manifest('1', [], { references: [layer(kept, 4), layer(shared, 6)] });
    const second = await bench.manifest('2', [], { references: [layer(shared, 6), layer(alone, 5)] });
    await age();
    await bench.manifests.delete(bench.name, second);
    await work();
    await work();
    await until(async () => (await bench.objects()).length === 2);
    expect(await bench.blobs.find(bench.name, alone)).toBeNull();
    const keys = await Promise.all([kept, shared].map(async (blob) => (await bench.blobs.find(bench.name, blob))?.storageKey));
    expect(await bench.objects()).toEqual(keys.sort());
    await until(async () => (await database.sql('select from reviews union all select from outbox')).length === 0);
    expect(bench.log.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  it('leaves the bytes to those who read them until the linger is over', async () => {
    await bench.blob('read just now');
    await age();
    await work({ BLOB_LINGER_SECONDS: '600' });
    await until(async () => (await bench.due('delete-object')).length === 1);
    expect(await bench.objects()).toHaveLength(1);
    await database.sql('update outbox set not_before = now()');
    await until(async () => (await bench.objects()).length === 0);
  });

  it('reports what it did when asked', async () => {
    const runs = new MaintenanceStore(database.db);
    await Promise.all(['one', 'two', 'three'].map((content) => bench.blob(content)));
    await age();
    await database.sql(`update blob_links set touched_at = now() where digest = (select digest from blobs where size = 5)`);
    const ended = async (id: number) => {
      await until(async () => (await runs.find(id))?.finishedAt !== null);
      return runs.find(id);
    };
    await work();
    await until(async () => (await database.sql('select from blobs')).length === 1);
    const real = await ended(await runs.request('gc'));
    expect(real).toMatchObject({ state: 'finished', report: { links: 0, blobs: 0, bytes: 0, pending: { reviews: 1 } } });
  });
});
