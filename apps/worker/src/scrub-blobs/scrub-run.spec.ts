import { appendFile, open, rename, truncate } from 'node:fs/promises';
import { jest } from '@jest/globals';
import { DigestVerifier } from '#cas';
import { DamageStore, MaintenanceStore, OrphanStore, ScrubStore, type MaintenanceRun } from '#metadata';
import type { Digest } from '#oci';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { startWorker } from '../start-worker.js';
import { RunInHand } from '../maintenance/run-in-hand.js';
import { until, Workbench } from '../testing/workbench.js';
import { ScrubRun } from './scrub-run.js';

const queue = { kind: 'scrub', scheduled: false } as const;

// Threads and workers take their time to start on a busy machine.
jest.setTimeout(60_000);

describe('a scrub', () => {
  const database = withDatabase();
  let bench: Workbench;
  let runs: MaintenanceStore;
  let verifier: DigestVerifier;

  beforeEach(async () => {
    bench = await Workbench.set(database);
    runs = new MaintenanceStore(database.db);
    verifier = new DigestVerifier({ driverOptions: { driver: 'filesystem', root: bench.root }, threads: 1 });
  });
  afterEach(async () => {
    await verifier.close();
    await bench.clear();
    await database.sql('truncate reviews, outbox, blob_links, blobs, maintenance_runs cascade');
  });

  function runOf(): ScrubRun {
    const stores = { scrub: new ScrubStore(database.db), damage: new DamageStore(database.db), orphans: new OrphanStore(database.db) };
    return new ScrubRun({ driver: bench.driver, verifier, ...stores, bytesPerSecond: 1 << 30, logger: bench.logger });
  }

  async function scrub(dryRun = false): Promise<MaintenanceRun> {
    await runs.request('scrub', { dryRun });
    const hand = new RunInHand(runs, (await runs.claim(queue))!);
    try {
      await hand.finish({ report: await runOf().run(hand) });
    } finally {
      hand.close();
    }
    return (await runs.find(hand.run.id))!;
  }

  const pathOf = async (digest: Digest) => `${bench.root}/${(await bench.blobs.find(bench.name, digest))!.storageKey}`;
  const isThere = async (digest: Digest) => (await bench.blobs.find(bench.name, digest)) !== null;
  const errors = () => bench.log.filter(({ level }) => level === 'error').map(({ digest, inspection }) => ({ digest, inspection }));

  async function flip(path: string): Promise<void> {
    const file = await open(path, 'r+');
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, 2);
    await file.write(Buffer.from([buffer[0]! ^ 1]), 0, 1, 2);
    await file.close();
  }

  it('finds nothing wrong with what is right, also in a file that is longer than its blob', async () => {
    await bench.blob('sound');
    const longer = await bench.blob('longer');
    await appendFile(await pathOf(longer), 'what an overtaken writer added');
    await bench.blob('');
    expect((await scrub()).report).toMatchObject({ blobs: 3, bytes: 11, damaged: 0, recovered: 0, unreadable: 0 });
  });

  it('marks flipped, short and missing bytes, says so, and they heal with the next push', async () => {
    const [sound, flipped, short, missing] = await Promise.all(['sound', 'flipped', 'short', 'missing'].map((text) => bench.blob(text)));
    await flip(await pathOf(flipped!));
    await truncate(await pathOf(short!), 1);
    await bench.driver.delete([(await bench.blobs.find(bench.name, missing!))!.storageKey]);
    expect((await scrub(true)).report).toMatchObject({ blobs: 4, damaged: 3 });
    expect([await isThere(flipped!), errors().length]).toEqual([true, 0]);
    const { report } = await scrub();
    expect(report).toMatchObject({ blobs: 4, damaged: 3, recovered: 0 });
    expect(new Set(report!.damagedDigests as Digest[])).toEqual(new Set([flipped, short, missing]));
    expect(errors()).toEqual(
      expect.arrayContaining([
        { digest: flipped, inspection: 'damaged' },
        { digest: short, inspection: 'damaged' },
        { digest: missing, inspection: 'missing' },
      ]),
    );
    expect(await Promise.all([sound, flipped, short, missing].map((digest) => isThere(digest!)))).toEqual([true, false, false, false]);
    await Promise.all(['flipped', 'short', 'missing'].map((text) => bench.blob(text)));
    expect(await Promise.all([flipped, short, missing].map((digest) => isThere(digest!)))).toEqual([true, true, true]);
    expect((await scrub()).report).toMatchObject({ damaged: 0 });
  });

  it('takes the mark back where the bytes turn out right', async () => {
    const blob = await bench.blob('here and gone and here');
    await bench.blob('another');
    const path = await pathOf(blob);
    await rename(path, `${path}.away`);
    expect((await scrub()).report).toMatchObject({ damaged: 1 });
    await rename(`${path}.away`, path);
    expect((await scrub()).report).toMatchObject({ damaged: 0, recovered: 1 });
    expect(await isThere(blob)).toBe(true);
  });

  it('concludes nothing from storage that is empty', async () => {
    const blob = await bench.blob('on another disk');
    await rename(`${bench.root}/blobs`, `${bench.root}/away`);
    await expect(scrub()).rejects.toThrow('is it the right one, and mounted?');
    expect(await isThere(blob)).toBe(true);
  });

  it('does not mark what was healed or collected while it was read', async () => {
    const blob = await bench.blob('pushed again');
    const run = runOf();
    const { storageKey } = (await bench.blobs.find(bench.name, blob))!;
    await runs.request('scrub');
    const hand = new RunInHand(runs, (await runs.claim(queue))!);
    await flip(`${bench.root}/${storageKey}`);
    const inspected = verifier.digest.bind(verifier);
    verifier.digest = async (...args) => {
      const answer = await inspected(...args);
      await new DamageStore(database.db).mark({ digest: blob, storageKey });
      await bench.blob('pushed again');
      return answer;
    };
    expect(await run.run(hand)).toMatchObject({ blobs: 1, damaged: 0 });
    hand.close();
    expect(await isThere(blob)).toBe(true);
  });

  it('goes on from where the worker before it was', async () => {
    const digests = (await Promise.all(['a', 'b', 'c', 'd'].map((text) => bench.blob(text)))).sort();
    await runs.request('scrub');
    const first = (await runs.claim(queue))!;
    await runs.beat(first, { after: digests[1], blobs: 2, bytes: 2 });
    await runs.release(first);
    const hand = new RunInHand(runs, (await runs.claim(queue))!);
    expect(await runOf().run(hand)).toMatchObject({ blobs: 4, bytes: 4 });
    hand.close();
  });

  it('is never due in a worker that has it switched off, and always comes in one that has not', async () => {
    const blob = await bench.blob('flipped in the dark');
    await flip(await pathOf(blob));
    const off = await startWorker(bench.settings({ SCRUB_MIB_PER_SECOND: '0' }), bench.logger);
    const asked = await runs.request('gc');
    await until(async () => (await runs.find(asked))?.finishedAt !== null);
    await off.stop();
    expect(await runs.list({ kind: 'scrub' })).toEqual([]);
    const on = await startWorker(bench.settings(), bench.logger);
    await until(async () => !(await isThere(blob)));
    await until(async () => (await runs.list({ kind: 'scrub' }))[0]?.finishedAt !== null);
    await on.stop();
    expect(await runs.list({ kind: 'scrub' })).toMatchObject([
      { kind: 'scrub', scheduled: true, state: 'finished', report: { blobs: 1, damaged: 1 } },
    ]);
  });
});
