import pg from 'pg';
import { Ledger } from '../../../race/ledger.js';
import { RaceClient } from '../../../race/race-client.js';
import { Cluster } from '../../../support/cluster/cluster.js';
import { Registry } from '../../../support/registry.js';
import { seededRandom } from '../../faults/seeded-random.js';
import { describeWith } from '../../fixture/clients.js';

const seconds = Number(process.env['CONTENTION_SECONDS'] ?? 20);
const seed = Number(process.env['CONTENTION_SEED'] ?? Date.now() % 1_000_000);
const graceSeconds = 2;

describeWith(['redis-server'], `sixteen clients at the same digests, tags and mounts through two replicas (seed ${seed})`, () => {
  const ledger = new Ledger();
  const env = { BLOB_GRACE_SECONDS: String(graceSeconds), BLOB_LINGER_SECONDS: '2' };
  let cluster: Cluster;
  let rows: pg.Pool;
  beforeAll(async () => {
    cluster = await Cluster.start({ replicas: 2, balancer: false, env });
    rows = new pg.Pool({ connectionString: cluster.postgres.url, max: 1 });
  });
  afterAll(async () => {
    await rows?.end();
    await cluster?.stop();
  });

  it(
    `are answered with what was promised for ${seconds} s: no 5xx, no deadlock`,
    async () => {
      const random = seededRandom(seed);
      const registries = cluster.replicas.map(({ url }) => new Registry(url));
      const clients = Array.from({ length: 16 }, (_, at) => new RaceClient(registries[at % 2]!, ledger, { graceSeconds, random }));
      const end = performance.now() + seconds * 1_000;
      await Promise.all(
        clients.map(async (client) => {
          while (performance.now() < end && ledger.violations.length === 0) await client.step();
        }),
      );
      expect(ledger.violations).toEqual([]);
      for (const entry of ledger.entries()) for (const client of clients.slice(0, 2)) await client.verify(entry);
      expect(ledger.violations).toEqual([]);
      // Counted by the server itself; of the latest moment some may be missing, of the rest none.
      const { rows: counted } = await rows.query<{ deadlocks: string }>(
        'select deadlocks from pg_stat_database where datname = current_database()',
      );
      expect(counted).toEqual([{ deadlocks: '0' }]);
      if (process.env['CONTENTION_SECONDS']) console.log(JSON.stringify({ seconds, seed, deadlocks: 0, ...ledger.counts }, null, 1));
      expect(ledger.counts['manifests acknowledged']).toBeGreaterThan(seconds);
    },
    seconds * 1_000 + 120_000,
  );

  it('nothing of it was taken for a bug', () => {
    const processes = [...cluster.replicas.map(({ process }) => process), ...cluster.workers];
    for (const { output } of processes) expect(output).not.toMatch(/unexpected error|cannot work off|deadlock/);
  });
});
