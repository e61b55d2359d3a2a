import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { countViolations, violationsIn } from '../../race/invariants.js';
import { Ledger } from '../../race/ledger.js';
import { RaceClient } from '../../race/race-client.js';
import { EmbeddedRows } from './embedded-rows.js';
import { eventually } from './eventually.js';
import { Installation } from './installation.js';
import { seededRandom } from './seeded-random.js';

// `npm run race -- --minutes 15 --grace 0` sets these.
const seconds = Number(process.env['RACE_SECONDS'] ?? 20);
const graceSeconds = Number(process.env['RACE_GRACE'] ?? 0);
/** One writes the rows of upload sessions behind. */
const processes = Number(process.env['RACE_PROCESSES'] ?? 2);
const seed = Number(process.env['RACE_SEED'] ?? Date.now() % 1_000_000);
const lingerSeconds = 2;

/** A worker of its own, as on another machine: it collects beside the one that the installation has. */
function startWorker(env: Readonly<Record<string, string>>): ChildProcess {
  const root = resolve(import.meta.dirname, '../../..');
  return spawn(join(root, 'node_modules/.bin/node'), ['dist/apps/worker/src/main.js'], {
    cwd: root,
    env: { ...process.env, LOG_LEVEL: 'warn', ...env, NODE_OPTIONS: '' },
    stdio: 'inherit',
  });
}

describe(`collection against 16 clients on ${processes} api process(es), grace ${graceSeconds} s (seed ${seed})`, () => {
  const ledger = new Ledger();
  const random = seededRandom(seed);
  let installation: Installation;
  let rows: EmbeddedRows;
  let clients: RaceClient[];
  let secondWorker: ChildProcess;

  beforeAll(async () => {
    const settings = { BLOB_GRACE_SECONDS: String(graceSeconds), BLOB_LINGER_SECONDS: String(lingerSeconds) };
    installation = await Installation.start({ API_PROCESSES: String(processes), ...settings });
    rows = new EmbeddedRows(installation.dataDir);
    secondWorker = startWorker({ ...settings, DATABASE_URL: rows.url, STORAGE_ROOT: join(installation.dataDir, 'storage') });
    clients = Array.from({ length: 16 }, () => new RaceClient(installation.client, ledger, { graceSeconds, random }));
  });
  afterAll(async () => {
    secondWorker.kill('SIGTERM');
    await once(secondWorker, 'exit');
    await rows.close();
    await installation.remove();
  });

  const objects = async () => {
    const entries = await readdir(join(installation.dataDir, 'storage/blobs'), { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).length;
  };

  it(
    `keeps every promise for ${seconds} s`,
    async () => {
      const end = performance.now() + seconds * 1_000;
      const running = () => performance.now() < end && ledger.violations.length === 0;
      const check = async () => {
        for (; running(); await new Promise((resume) => setTimeout(resume, 1_000))) {
          const [row] = await rows.all<Record<string, number>>(countViolations);
          for (const violation of violationsIn(row!)) ledger.violate(violation);
          ledger.count('looks at the database');
        }
      };
      const race = async (client: RaceClient) => {
        while (running()) await client.step();
      };
      await Promise.all([...clients.map(race), check()]);
      expect(ledger.violations).toEqual([]);
    },
    seconds * 1_000 + 120_000,
  );

  it('has every acknowledged manifest, with every blob, in the end', async () => {
    const entries = ledger.entries();
    const verify = async (client: RaceClient) => {
      for (let entry = entries.pop(); entry; entry = entries.pop()) await client.verify(entry);
    };
    await Promise.all(clients.map(verify));
    expect(ledger.violations).toEqual([]);
    for (const { relname, n_tup_del } of await rows.all<{ relname: string; n_tup_del: string }>(
      `select relname, n_tup_del from pg_stat_user_tables where relname in ('blobs', 'blob_links')`,
    ))
      ledger.count(`${relname} deleted`, Number(n_tup_del));
    if (process.env['RACE_SECONDS']) console.log(JSON.stringify({ seconds, graceSeconds, seed, violations: 0, ...ledger.counts }, null, 1));
    expect(ledger.counts['manifests acknowledged']).toBeGreaterThan(seconds);
  });

  it('leaves nothing behind once everything is deleted', async () => {
    await eventually(async () => {
      const manifests = await rows.all<{ name: string; digest: string }>(
        'select r.name, digest_text(m.digest) as digest from manifests m join repositories r on r.id = m.repository',
      );
      for (const { name, digest } of manifests) await installation.client.http.delete(`/v2/${name}/manifests/${digest}`);
      expect(await rows.count('manifests')).toBe(0);
    }, 60_000);
    await eventually(
      async () => {
        const counts = await Promise.all(['blobs', 'blob_links', 'reviews', 'outbox'].map((table) => rows.count(table)));
        expect([...counts, await objects()]).toEqual([0, 0, 0, 0, 0]);
      },
      (graceSeconds + lingerSeconds) * 2_000 + 30_000,
    );
  });
});
