import pg from 'pg';
import { eventually } from '../e2e/faults/eventually.js';
import { seededRandom } from '../e2e/faults/seeded-random.js';
import { countViolations, violationsIn } from '../race/invariants.js';
import { Cluster } from '../support/cluster/cluster.js';
import type { OwnedProcess } from '../support/cluster/owned-process.js';
import { Registry } from '../support/registry.js';
import { Journal, type Subject } from './journal.js';
import { Killer } from './killer.js';
import { Reader } from './reader.js';
import { StoreTroubles } from './store-troubles.js';
import { TortureClient } from './torture-client.js';
import { TortureContent } from './torture-content.js';
import { repositories, Writer } from './writer.js';

export interface TortureOptions {
  readonly storage: 'filesystem' | 's3';
  readonly seed: number;
  readonly seconds: number;
}

const writers = 12;
const readers = 6;
const killers = 2;
const lookEveryMs = 2_000;
/** Bytes stay longer than any download of the torture takes; sessions that are forsaken expire on the way. */
const settings = { BLOB_LINGER_SECONDS: '30', UPLOAD_EXPIRY_SECONDS: '90', MIN_FREE_MIB: '64' };

/** Clients that read and write through three replicas while everything below and beside them is killed, and a journal of all they heard. */
export class Torture {
  readonly journal = new Journal();
  readonly rows: pg.Pool;
  private readonly client: TortureClient;
  private readonly reader: Reader;
  private readonly random: () => number;

  private constructor(
    readonly cluster: Cluster,
    private readonly options: TortureOptions,
  ) {
    this.random = seededRandom(options.seed);
    this.client = new TortureClient(
      cluster.replicas.map(({ url }) => new Registry(url)),
      this.journal,
      this.random,
    );
    this.reader = new Reader(this.client);
    this.rows = new pg.Pool({ connectionString: cluster.postgres.url, max: 2 });
    this.rows.on('error', () => undefined);
  }

  static async start(options: TortureOptions): Promise<Torture> {
    const cluster = await Cluster.start({ storage: options.storage, balancer: false, faults: 'store', env: settings });
    return new Torture(cluster, options);
  }

  /** Of the product; with what they have printed over all their lives. */
  get processes(): OwnedProcess[] {
    return [...this.cluster.replicas.map(({ process }) => process), ...this.cluster.workers];
  }

  async stop(): Promise<void> {
    await this.rows.end();
    await this.cluster.stop();
  }

  /** Until its time is over, or something has come out that cannot be. */
  async run(): Promise<void> {
    const { cluster, journal, client, random, options } = this;
    const content = new TortureContent(options.seed, random, options.seconds / 4);
    const store = cluster.proxies?.store;
    const killer = new Killer(cluster, journal, random);
    const actors = [
      ...Array.from({ length: writers }, () => new Writer(client, content, this.reader)),
      ...Array.from({ length: readers }, () => this.reader),
      ...Array.from({ length: killers }, () => killer),
      ...(store ? [new StoreTroubles(store, journal, random)] : []),
      { step: () => this.lookAtRows() },
    ];
    const end = performance.now() + options.seconds * 1_000;
    await Promise.all(
      actors.map(async (actor) => {
        while (performance.now() < end && journal.violations.length === 0)
          await actor.step().catch((error: unknown) => journal.violate((error as Error).stack ?? String(error)));
      }),
    );
  }

  /** Everything runs again, and nothing is under way: what was in doubt is decided. */
  async settle(): Promise<void> {
    const { replicas, workers } = this.cluster;
    await eventually(async () => {
      for (const replica of replicas) if ((await replica.readiness()) !== 200) throw new Error(`${replica.url} is not ready`);
      const { rows } = await this.rows.query<{ left: number }>(`select (select count(*) from outbox where kind = 'verify-blob')
        + (select count(*) from upload_sessions where state = 'completed')
        + (select count(*) from pg_stat_activity where state <> 'idle' and application_name like 'entrepot api%') as left`);
      if (Number(rows[0]!.left) > 0) throw new Error(`${rows[0]!.left} uploads are not decided yet`);
    }, 150_000);
    for (const { name, pid } of workers) if (pid === undefined) this.journal.violate(`${name} does not run`);
    this.journal.settle();
  }

  /** Reads every single thing on every replica. */
  async readAll(): Promise<void> {
    const subjects = [...this.journal.all];
    this.journal.count('things known in the end', subjects.length);
    this.journal.count('of them in doubt before they were read', subjects.filter(({ register }) => register.possible().length > 1).length);
    const work = async () => {
      for (let subject = subjects.pop(); subject; subject = subjects.pop()) await this.readEverywhere(subject);
    };
    await Promise.all(Array.from({ length: 8 }, work));
    for (const replica of this.client.replicas) for (const name of repositories) await this.reader.tags(name, replica);
  }

  private async readEverywhere(subject: Subject): Promise<void> {
    for (const replica of this.client.replicas) {
      const value = await this.reader.look(subject, replica);
      if (value === null) this.journal.violate(`${replica.url} does not say what ${subject.kind} ${subject.name} ${subject.id} is`);
      if (subject.kind === 'manifest') await this.reader.referrers(subject.name, subject.id, replica);
    }
    this.journal.count('things read on every replica in the end');
  }

  /** What may never be true of the rows, at any moment. */
  private async lookAtRows(): Promise<void> {
    await new Promise((resume) => setTimeout(resume, lookEveryMs));
    // PostgreSQL may be down just now.
    const result = await this.rows.query<Record<string, number>>(countViolations).catch(() => null);
    if (!result) return;
    for (const violation of violationsIn(result.rows[0]!)) this.journal.violate(violation);
    this.journal.count('looks at the rows');
  }
}
