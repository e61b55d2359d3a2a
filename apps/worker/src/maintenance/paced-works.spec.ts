import type { DigestVerifier } from '#cas';
import { MaintenanceStore, type MaintenanceKind } from '#metadata';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { VirtualClock } from '../testing/virtual-clock.js';
import { Workbench } from '../testing/workbench.js';
import type { MaintenanceWork } from './maintenance-work.js';
import { scrubOf, sweepOf, type PacedWork } from './paced-works.js';
import { RunInHand } from './run-in-hand.js';

const mebibyte = 1_048_576;

describe('what the settings say about speed', () => {
  const database = withDatabase();
  let bench: Workbench;
  let clock: VirtualClock;

  beforeEach(async () => {
    bench = await Workbench.set(database);
    clock = new VirtualClock();
  });
  afterEach(async () => {
    await database.sql('truncate reviews, outbox, blob_links, blobs, maintenance_runs cascade');
    await bench.clear();
  });

  /** Reads nothing, and finds everything right: how fast it was told to read is what is looked at. */
  function verifierThatNotes(speeds: unknown[]): DigestVerifier {
    const digest: DigestVerifier['digest'] = async (key, _algorithm, _signal, options) => {
      speeds.push(options?.bytesPerSecond);
      const [blob] = await database.sql<{ digest: string; size: string }>(
        'select digest_text(digest) as digest, size from blobs where storage_key = $1',
        [key],
      );
      return { digest: blob!.digest as never, size: Number(blob!.size) };
    };
    return { digest } as DigestVerifier;
  }

  function options(env: Record<string, string>, speeds: unknown[] = []): PacedWork {
    const resources = { db: database.db, driver: bench.driver, scrubVerifier: verifierThatNotes(speeds) };
    return { settings: bench.settings(env), logger: bench.logger, resources, clock };
  }

  async function run(work: MaintenanceWork, kind: MaintenanceKind, fields = {}): Promise<void> {
    const runs = new MaintenanceStore(database.db);
    await runs.request(kind, { options: fields });
    const hand = new RunInHand(runs, (await runs.claim({ kind, scheduled: false }))!);
    await work.run(hand).finally(() => hand.close());
  }

  it('holds for a sweep', async () => {
    for (const content of ['a', 'b', 'c']) await bench.blob(content);
    await run(sweepOf(options({ SWEEP_OBJECTS_PER_SECOND: '4' })), 'sweep');
    expect(clock.now()).toBe(750);
  });

  it('holds for a scrub: for reading, and for the price of what is small', async () => {
    for (const content of ['a', 'b', 'c', 'd']) await bench.blob(content);
    const speeds: unknown[] = [];
    await run(scrubOf(options({ SCRUB_MIB_PER_SECOND: '2' }, speeds)), 'scrub');
    expect(speeds).toEqual(Array(4).fill(2 * mebibyte));
    // Four that count as a quarter of a MiB each.
    expect(clock.now()).toBe(500);
  });

  it('does not hold for a scrub that was asked for at another speed', async () => {
    await bench.blob('a');
    const speeds: unknown[] = [];
    await run(scrubOf(options({ SCRUB_MIB_PER_SECOND: '2' }, speeds)), 'scrub', { mibPerSecond: 7 });
    expect(speeds).toEqual([7 * mebibyte]);
  });

  it('leaves the scrub to those who ask where it is 0', () => {
    expect(scrubOf(options({ SCRUB_MIB_PER_SECOND: '0' })).scheduled).toBe(false);
    expect(scrubOf(options({})).scheduled).toBe(true);
  });
});
