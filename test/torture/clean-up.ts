import type pg from 'pg';
import { eventually } from '../e2e/faults/eventually.js';
import type { Cluster } from '../support/cluster/cluster.js';
import { storedObjects } from '../support/cluster/stored-objects.js';
import { Registry } from '../support/registry.js';

/** Nothing is spared for its youth any more. */
const impatient = { BLOB_GRACE_SECONDS: '0', BLOB_LINGER_SECONDS: '0', UPLOAD_EXPIRY_SECONDS: '1', SWEEP_MIN_AGE_SECONDS: '0' };
const patienceMs = 120_000;

type Report = Readonly<Record<string, number>>;

/** What becomes of all that crashes left behind: expiry, collection and a sweep, after which rows and storage have to agree. */
export class CleanUp {
  constructor(
    private readonly cluster: Cluster,
    private readonly rows: pg.Pool,
  ) {}

  /** As if a long time had passed. */
  async letTimePass(): Promise<void> {
    await this.cluster.stopWorkers();
    await this.rows.query('update upload_sessions set expires_at = now()');
    await this.makeDue();
    await this.cluster.startOtherWorkers(impatient);
    await this.run('gc');
    await this.untilEmpty('upload_sessions', 'reviews', 'outbox');
  }

  /** Asks for a run of upkeep, and waits for its report. */
  async run(kind: 'gc' | 'sweep'): Promise<Report> {
    // Storage may tell the time in whole seconds.
    await new Promise((resume) => setTimeout(resume, 1_100));
    const { rows } = await this.rows.query<{ id: string }>('insert into maintenance_runs (kind) values ($1) returning id', [kind]);
    const report = await eventually(async () => {
      const found = await this.rows.query<{ report: Report; error: string | null; finished_at: Date | null }>(
        'select report, error, finished_at from maintenance_runs where id = $1',
        [rows[0]!.id],
      );
      const [run] = found.rows;
      if (!run?.finished_at) throw new Error(`the ${kind} is not finished`);
      return run.error === null ? run.report : { failed: 1 };
    }, patienceMs);
    await this.untilEmpty('outbox');
    return report;
  }

  /** What storage holds that no row names, and what rows name that storage lacks. */
  async differences(): Promise<string[]> {
    const { objects, uploads } = await storedObjects(this.cluster);
    const { rows } = await this.rows.query<{ storage_key: string; size: string }>('select storage_key, size from blobs');
    const known = new Map(rows.map(({ storage_key: key, size }) => [key, Number(size)]));
    const stray = [...objects.keys()].filter((key) => !known.has(key)).map((key) => `object ${key} without a row`);
    const wanting = [...known].filter(([key, size]) => objects.get(key) !== size).map(([key, size]) => `${key} has not its ${size} bytes`);
    return [...stray, ...wanting, ...(uploads > 0 ? [`${uploads} unfinished uploads`] : [])];
  }

  /** All manifests, by the api; then nothing is used any more. */
  async deleteEverything(): Promise<void> {
    const registry = new Registry(this.cluster.replicas[0]!.url);
    await eventually(async () => {
      const { rows } = await this.rows.query<{ name: string; digest: string }>(
        'select r.name, digest_text(m.digest) as digest from manifests m join repositories r on r.id = m.repository',
      );
      for (const { name, digest } of rows) await registry.http.delete(`/v2/${name}/manifests/${digest}`);
      if (rows.length > 0) throw new Error(`${rows.length} manifests are left`);
    }, patienceMs);
    await this.makeDue();
    await this.untilEmpty('reviews', 'outbox', 'blob_links', 'blobs');
  }

  async count(table: string, condition = 'true'): Promise<number> {
    const { rows } = await this.rows.query<{ n: number }>(`select count(*)::int as n from ${table} where ${condition}`);
    return rows[0]!.n;
  }

  private async makeDue(): Promise<void> {
    await this.rows.query('update reviews set not_before = now()');
    await this.rows.query('update outbox set not_before = now() where parked_at is null');
  }

  private async untilEmpty(...tables: string[]): Promise<void> {
    await eventually(async () => {
      for (const table of tables) {
        const left = await this.count(table);
        if (left > 0) throw new Error(`${table} has ${left} rows yet`);
      }
    }, patienceMs);
  }
}
