import { Queue, setDefaultBackendFactory } from 'bullmq';
import { Redis } from 'ioredis';
import type { JobBackend } from './job-backend.js';
import { Outage, type OutageReport } from './outage.js';

const prefix = 'entrepot';
const silenceMs = 3_000;
const retryStrategy = (attempt: number) => Math.min(attempt * 200, 2_000);

/** BullMQ on Redis: producers share one connection that refuses rather than queues commands while Redis is gone. */
export class RedisJobBackend implements JobBackend {
  readonly consumers;
  readonly outage: Outage;
  readonly #producers: Redis;

  constructor(url: string, report: OutageReport) {
    setDefaultBackendFactory();
    this.consumers = { prefix, connection: { url, retryStrategy, maxRetriesPerRequest: null } };
    this.#producers = new Redis(url, {
      retryStrategy,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      connectTimeout: 5_000,
      // A Redis behind a network that swallows everything is as gone as one that refuses.
      commandTimeout: silenceMs,
      // One that does not answer a good-bye keeps no process from ending.
      disconnectTimeout: 100,
    });
    this.outage = new Outage({ name: 'Redis', probe: () => this.#probe(), report });
    this.#producers.on('error', (error) => this.outage.failed(error));
    this.#producers.on('close', () => this.outage.failed(new Error('connection closed')));
  }

  openQueue(name: string): Queue {
    const queue = new Queue(name, { prefix, connection: this.#producers, skipMetasUpdate: true });
    queue.on('error', (error) => this.outage.failed(error));
    return queue;
  }

  /** A connection that says nothing will not come back by itself for many minutes: begun anew. */
  async #probe(): Promise<void> {
    try {
      await this.#producers.ping();
    } catch (error) {
      if (this.#producers.status === 'ready') this.#producers.disconnect(true);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.outage.close();
    this.#producers.disconnect();
  }
}
