import type { Queue } from 'bullmq';
import type { Job, JobName } from './definitions.js';
import type { JobData } from './job.js';
import type { JobBackend } from './job-backend.js';

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
  #pending = 0;
  #closed = false;

  constructor(
    private readonly backend: JobBackend,
    options: JobProducerOptions = {},
  ) {
    this.#timeoutMs = options.timeoutMs ?? 250;
    this.#mergeMs = options.mergeMs ?? 250;
  }

  /** Queues a job; settles within the time-out. A merged kind is gathered for a moment and queued behind the caller's back. */
  async lookNow<J extends Job>(job: J, data: JobData<J>): Promise<void> {
    if (this.#closed || this.backend.outage.ongoing) return;
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
    if (this.#closed || this.backend.outage.ongoing) return false;
    try {
      await this.#queue(job).upsertJobScheduler(job.name, { every: everyMs }, { name: job.name, data, opts: finished });
      return true;
    } catch (error) {
      this.backend.outage.failed(error);
      return false;
    }
  }

  /** Drops what is still being gathered; the backend stays open. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#merging.values()) clearTimeout(timer);
    await this.#bounded(Promise.all([...this.#queues.values()].map((queue) => queue.close().catch(() => undefined))));
  }

  async #add<J extends Job>(job: J, data: JobData<J>): Promise<void> {
    if (this.#closed || this.#pending >= mostPending) return;
    this.#pending += 1;
    try {
      await this.#queue(job).add(job.name, job.data.parse(data), {
        ...finished,
        attempts: job.options.attempts,
        backoff: { type: 'exponential', delay: job.options.backoffMs },
        // While the one job runs, one more is kept waiting: a row written after its last look is not missed.
        deduplication: { id: sameAs(job, data), keepLastIfActive: true },
      });
    } catch (error) {
      this.backend.outage.failed(error);
    } finally {
      this.#pending -= 1;
    }
  }

  #queue(job: Job): Queue {
    let queue = this.#queues.get(job.name);
    if (!queue) this.#queues.set(job.name, (queue = this.backend.openQueue(job.name)));
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
