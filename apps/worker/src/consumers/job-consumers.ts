import 'reflect-metadata';
import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { BullRegistrar, WorkerHost } from '@nestjs/bullmq';
import { jobs, type JobBackend } from '#jobs';
import type { Logger } from '#platform';
import { jobBackend, workerLogger } from '../tokens.js';
import { checkProcessors } from './check-processors.js';
import { processedJob } from './processes.decorator.js';

const goodByeMs = 2_000;

/** BullMQ's side of the worker: takes jobs, and survives without them. */
@Injectable()
export class JobConsumers {
  #hosts: WorkerHost[] = [];

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly registrar: BullRegistrar,
    @Inject(jobBackend) private readonly backend: JobBackend,
    @Inject(workerLogger) private readonly logger: Logger,
  ) {}

  /** Begins to take jobs, now or as soon as the backend can be reached. Throws where a job has not exactly one processor. */
  start(): void {
    const processors = this.discovery.getProviders().flatMap(({ instance, metatype }) => {
      const job = metatype ? (Reflect.getMetadata(processedJob, metatype) as string | undefined) : undefined;
      return job !== undefined && instance instanceof WorkerHost ? [{ job, host: instance as WorkerHost }] : [];
    });
    checkProcessors(
      jobs.map(({ name }) => name),
      processors.map(({ job }) => job),
    );
    this.registrar.register();
    this.#hosts = processors.map(({ host }) => host);
    for (const { worker } of this.#hosts) {
      worker.on('error', (error) => this.backend.outage.failed(error));
      worker.on('failed', (job, error) => this.logger.warn({ job: job?.name, err: error }, 'job failed'));
    }
  }

  /** Takes no more jobs. Once the work behind them is at rest, BullMQ may say good-bye to its backend for a moment; one that is gone is left. */
  async close(workAtRest: Promise<unknown>): Promise<void> {
    const workers = this.#hosts.map(({ worker }) => worker);
    const closed = Promise.allSettled(workers.map((worker) => worker.close(this.backend.outage.ongoing)));
    await workAtRest;
    const impatience = setTimeout(() => {
      for (const worker of workers)
        worker
          .getBackend()
          .close(true)
          .catch(() => undefined);
    }, goodByeMs);
    await closed;
    clearTimeout(impatience);
  }
}
