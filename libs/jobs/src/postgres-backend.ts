import { PostgresConnection, PostgresQueueBackend, Queue, setDefaultBackendFactory, type ConnectionOptions } from 'bullmq';
import type { JobBackend } from './job-backend.js';
import { Outage, type OutageReport } from './outage.js';

type ListenClient = Awaited<ReturnType<PostgresConnection['getListenClient']>>;

/** BullMQ remembers a first connection attempt that failed for ever; this one forgets it, so that the next call tries again. */
class PatientConnection extends PostgresConnection {
  #ready: Promise<void> | undefined;
  readonly #inTurn = new WeakSet<ListenClient>();

  override waitUntilReady(): Promise<void> {
    this.#ready ??= super.waitUntilReady().catch((error: unknown) => {
      this.#ready = undefined;
      Reflect.deleteProperty(this, 'readyPromise');
      throw error;
    });
    return this.#ready;
  }

  /** Several queues subscribe on the one session that listens: one after the other, since pg takes one statement at a time. */
  override async getListenClient(): Promise<ListenClient> {
    const client = await super.getListenClient();
    if (!this.#inTurn.has(client)) {
      this.#inTurn.add(client);
      const send = client.query.bind(client) as (text: string, values?: readonly unknown[]) => Promise<never>;
      let last: Promise<unknown> = Promise.resolve();
      client.query = (text, values) => {
        const answer = last.then(() => send(text, values));
        last = answer.catch(() => undefined);
        return answer;
      };
    }
    return client;
  }
}

/** One queue over the process's only connection: two pooled sessions and one that listens, instead of two for every queue. */
class SharedQueueBackend extends PostgresQueueBackend {
  constructor(
    private readonly shared: PatientConnection,
    name: string,
    options: ConstructorParameters<typeof PostgresQueueBackend>[2],
  ) {
    super(shared, name, options, false);
    shared.on('listenerinvalidated', this.listenAgain);
  }

  override waitUntilReady(): Promise<void> {
    return this.shared.waitUntilReady();
  }

  override close(): Promise<void> {
    this.shared.off('listenerinvalidated', this.listenAgain);
    return Promise.resolve();
  }

  // BullMQ does this for backends that own their connection only: end the wait on the dead session, subscribe on the next one.
  private readonly listenAgain = (): void => {
    void this.disconnectBlocking().then(() => this.reconnectBlocking());
  };
}

/** BullMQ on its own Postgres backend; the schema `bullmq` is made at the first connection. */
export class PostgresJobBackend implements JobBackend {
  readonly consumers = { prefix: 'entrepot', connection: {} as ConnectionOptions };
  readonly outage: Outage;
  readonly #connection: PatientConnection;

  constructor(url: string, report: OutageReport) {
    this.#connection = new PatientConnection({
      connectionString: url,
      migrate: true,
      max: 2,
      connectionTimeoutMillis: 5_000,
      query_timeout: 15_000,
      keepAlive: true,
      application_name: 'entrepot-jobs',
    });
    // Each queue listens, and there are more than Node thinks likely.
    this.#connection.setMaxListeners(0);
    this.outage = new Outage({ name: 'BullMQ on Postgres', probe: () => this.#connection.pool.query('select 1'), report });
    this.#connection.on('error', (error) => this.outage.failed(error));
    // Process-wide, because @nestjs/bullmq has no other way to hand a factory to its workers.
    setDefaultBackendFactory((name, options) => new SharedQueueBackend(this.#connection, name, options as never));
  }

  openQueue(name: string): Queue {
    const queue = new Queue(name, { ...this.consumers, skipMetasUpdate: true });
    queue.on('error', (error) => this.outage.failed(error));
    return queue;
  }

  async close(): Promise<void> {
    this.outage.close();
    await this.#connection.close();
  }
}
