import type { Queue } from 'bullmq';
import type { Job, JobName } from './definitions.js';
import type { JobData } from './job.js';
import type { JobBackend } from './job-backend.js';
import type { Outage } from './outage.js';

export interface JobProducerOptions {
  /** The longest a request waits for a job to be queued. */
  readonly timeoutMs?: number;
  /** How long calls of a merged kind are gathered into one job. */
  readonly mergeMs?: number;
}

/** Jobs on their way to the backend at once; more are left to the workers' own claiming. */
const mostPending = 64;

/** Tells workers to look at the outbox now. What it fails to tell, they find themselves within a second, so it never throws. */
export class JobProducer {
  readonly #queues = new Map<JobName, Queue>();
  readonly #merging = new Map<JobName, NodeJS.Timeout>();
  readonly #timeoutMs: number;
  readonly #mergeMs: number;
  readonly #open: () => Promise<JobBackend>;
  readonly #owned: boolean;
  #opening: Promise<JobBackend> | null = null;
  #outage: Outage | null = null;
  #pending = 0;
  #closed = false;

  /** `backend`: one that others use too and close; or how to open one with the first job, which is then closed here. */
  constructor(backend: JobBackend | (() => Promise<JobBackend>), options: JobProducerOptions = {}) {
    this.#owned = typeof backend === 'function';
    this.#open = typeof backend === 'function' ? backend : async () => backend;
    if (typeof backend !== 'function') this.#outage = backend.outage;
    this.#timeoutMs = options.timeoutMs ?? 250;
    this.#mergeMs = options.mergeMs ?? 250;
  }

  /** Queues a job; settles within the time-out. A merged kind is gathered for a moment and queued behind the caller's back. */
  async lookNow<J extends Job>(job: J, data: JobData<J>): Promise<void> {
    if (this.#closed || this.#outage?.ongoing) return;
    if (!job.options.merged) return this.#bounded(this.#add(job, data));
    if (this.#merging.has(job.name)) return;
    const timer = setTimeout(() => {
      this.#merging.delete(job.name);
      void this.#add(job, data);
    }, this.#mergeMs);
    this.#merging.set(job.name, timer.unref());
  }

  /** Has a job queued every so many milliseconds, however many processes ask for it; false when the backend could not be told. */
  async schedule<J extends Job>(job: J, data: JobData<J>, everyMs: number): Promise<boolean> {
    if (this.#closed || this.#outage?.ongoing) return false;
    try {
      const queue = this.#queueOf(job, await this.#backend());
      await queue.upsertJobScheduler(job.name, { every: everyMs }, { name: job.name, data, opts: finished });
      return true;
    } catch (error) {
      this.#outage?.failed(error);
      return false;
    }
  }

  /** Drops what is still being gathered; a backend of others stays open. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#merging.values()) clearTimeout(timer);
    await this.#bounded(Promise.all([...this.#queues.values()].map((queue) => queue.close().catch(() => undefined))));
    if (this.#owned) await (await this.#opening?.catch(() => null))?.close();
  }

  async #add<J extends Job>(job: J, data: JobData<J>): Promise<void> {
    if (this.#closed || this.#pending >= mostPending) return;
    this.#pending += 1;
    try {
      const backend = await this.#backend();
      if (this.#closed) return;
      await this.#queueOf(job, backend).add(job.name, job.data.parse(data), {
        ...finished,
        attempts: job.options.attempts,
        backoff: { type: 'exponential', delay: job.options.backoffMs },
        // While the one job runs, one more is kept waiting: a row written after its last look is not missed.
        deduplication: { id: sameAs(job, data), keepLastIfActive: true },
      });
    } catch (error) {
      this.#outage?.failed(error);
    } finally {
      this.#pending -= 1;
    }
  }

  /** One that could not be opened is tried again with the next job. */
  async #backend(): Promise<JobBackend> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = null;
      throw error;
    });
    const backend = await this.#opening;
    this.#outage = backend.outage;
    return backend;
  }

  #queueOf(job: Job, backend: JobBackend): Queue {
    let queue = this.#queues.get(job.name);
    if (!queue) this.#queues.set(job.name, (queue = backend.openQueue(job.name)));
    return queue;
  }

  async #bounded(work: Promise<unknown>): Promise<void> {
    const { promise: timeout, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.#timeoutMs);
    await Promise.race([work, timeout]);
    clearTimeout(timer);
  }
}

const finished = { removeOnComplete: true, removeOnFail: { count: 100, age: 86_400 } } as const;

function sameAs<J extends Job>(job: J, data: JobData<J>): string {
  const key = job.options.sameAs as ((data: JobData<J>) => string) | undefined;
  return key?.(data) ?? job.name;
}
