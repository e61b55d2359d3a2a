import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultProxy } from '../fault-proxy.js';
import { freePort } from '../running-registry.js';
import { StoreFaultProxy } from '../store-fault-proxy.js';
import { Balancer } from './balancer.js';
import { ObjectStore } from './object-store.js';
import type { OwnedProcess } from './owned-process.js';
import { Pooler } from './pooler.js';
import { PostgresServer } from './postgres-server.js';
import { RedisServer } from './redis-server.js';
import { migrateDatabase, productProcess, Replica } from './replica.js';

export interface ClusterOptions {
  /** Default 3. */
  readonly replicas?: number;
  /** Default 2. */
  readonly workers?: number;
  /** Default filesystem: one folder that all share. */
  readonly storage?: 'filesystem' | 's3';
  /** Default true; without it job notices go through PostgreSQL. */
  readonly redis?: boolean;
  /** Default true: nginx before the replicas. */
  readonly balancer?: boolean;
  /** A PgBouncer in transaction mode before PostgreSQL. */
  readonly pooler?: boolean;
  /** A fault proxy before each service, or before storage only. */
  readonly faults?: boolean | 'store';
  /** Settings of the product on top. */
  readonly env?: Readonly<Record<string, string>>;
  /** Process groups of their own: a Ctrl-C in the terminal does not reach them. */
  readonly detached?: boolean;
}

/** The proxies of a cluster with `faults`. */
export interface FaultProxies {
  readonly postgres: FaultProxy | undefined;
  readonly redis: FaultProxy | undefined;
  readonly store: StoreFaultProxy | undefined;
}

/** PostgreSQL, Redis, a store, api replicas, workers and a balancer, each a process on a loopback port that the system gave. */
export class Cluster {
  readonly replicas: Replica[] = [];
  readonly workers: OwnedProcess[] = [];
  readonly storageRoot: string;
  postgres!: PostgresServer;
  redis: RedisServer | undefined;
  store: ObjectStore | undefined;
  pooler: Pooler | undefined;
  balancer: Balancer | undefined;
  proxies: FaultProxies | undefined;
  private readonly options: ClusterOptions;
  private readonly folder: string;

  private constructor(options: ClusterOptions) {
    this.options = options;
    this.folder = mkdtempSync(join(tmpdir(), 'entrepot-cluster-'));
    // Servers that refuse to be root have to get through.
    chmodSync(this.folder, 0o755);
    this.storageRoot = join(this.folder, 'storage');
    mkdirSync(this.storageRoot);
  }

  /** Starts everything, and waits until it serves; what was started is taken down again where that fails. */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const cluster = new Cluster(options);
    try {
      await cluster.startServices();
      await cluster.startProduct();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** Where clients go: the balancer, else the first replica. */
  get url(): string {
    return this.balancer?.url ?? this.replicas[0]!.url;
  }

  /** Products first, then what they stand on; the folder goes last. */
  async stop(): Promise<void> {
    await this.balancer?.process.stop();
    await Promise.all([...this.replicas.map(({ process }) => process), ...this.workers].map((process) => process.stop()));
    const { postgres, redis, store } = this.proxies ?? {};
    await Promise.all([postgres?.close(), redis?.close(), store?.close(), this.pooler?.process.stop('SIGINT')]);
    await Promise.all([this.redis?.stop(), this.store?.stop(), (this.postgres as PostgresServer | undefined)?.stop()]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  async stopWorkers(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.stop()));
  }

  /** Others in the place of the ones that were stopped, with settings of their own on top. */
  async startOtherWorkers(settings: Readonly<Record<string, string>>): Promise<void> {
    const before = this.workers.splice(0);
    this.addWorkers(before.length, { ...this.environment(), ...settings });
    await Promise.all(this.workers.map((worker) => worker.start()));
  }

  private async startServices(): Promise<void> {
    const { redis = true, storage, pooler, faults, detached } = this.options;
    const started = await Promise.all([
      PostgresServer.start(this.folder, { detached }),
      redis ? RedisServer.start(this.folder, { detached }) : undefined,
      storage === 's3' ? ObjectStore.start() : undefined,
    ]);
    [this.postgres, this.redis, this.store] = started;
    if (pooler) this.pooler = await Pooler.start(this.folder, this.postgres.url, { detached });
    if (faults) this.proxies = await this.startProxies();
  }

  private async startProxies(): Promise<FaultProxies> {
    const { postgres, redis, store } = this;
    const all = this.options.faults === true;
    return {
      postgres: all ? await FaultProxy.before(postgres.url) : undefined,
      redis: all && redis ? await FaultProxy.before(redis.url) : undefined,
      store: store && (await StoreFaultProxy.before(store.endpoint)),
    };
  }

  private async startProduct(): Promise<void> {
    const { replicas = 3, workers = 2, balancer = true, detached } = this.options;
    const env = this.environment();
    await migrateDatabase(env);
    for (let at = 1; at <= replicas; at += 1) {
      const port = await freePort();
      const replica = productProcess(`api ${at}`, 'api', { env: { ...env, PORT: String(port) }, detached });
      this.replicas.push(new Replica(replica, port));
    }
    this.addWorkers(workers, env);
    await Promise.all([...this.replicas, ...this.workers].map((one) => one.start()));
    if (balancer) {
      const urls = this.replicas.map(({ url }) => url);
      this.balancer = await Balancer.start(this.folder, urls, { detached });
    }
  }

  private addWorkers(count: number, env: NodeJS.ProcessEnv): void {
    const { detached } = this.options;
    for (let at = 1; at <= count; at += 1) this.workers.push(productProcess(`worker ${at}`, 'worker', { env, detached }));
  }

  private environment(): NodeJS.ProcessEnv {
    const { postgres, redis, pooler, proxies } = this;
    const pooled = pooler && { DATABASE_URL: pooler.url, DATABASE_POOLER: 'transaction', DATABASE_DIRECT_URL: postgres.url };
    return {
      ...process.env,
      NODE_OPTIONS: '',
      HOST: '127.0.0.1',
      LOG_LEVEL: 'warn',
      MIN_FREE_MIB: '64',
      DATABASE_URL: proxies?.postgres?.through(postgres.url) ?? postgres.url,
      ...pooled,
      REDIS_URL: redis ? (proxies?.redis?.through(redis.url) ?? redis.url) : '',
      ...(this.store?.settings(proxies?.store?.endpoint) ?? { STORAGE_DRIVER: 'filesystem', STORAGE_ROOT: this.storageRoot }),
      ...this.options.env,
    };
  }
}
