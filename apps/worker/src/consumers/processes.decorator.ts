import { applyDecorators, SetMetadata } from '@nestjs/common';
import { Processor } from '@nestjs/bullmq';
import type { Job, JobOptions } from '#jobs';

/** Where the name of the job that a class processes is kept. */
export const processedJob = Symbol('processed job');

/** Makes a class (a `WorkerHost`) the processor of one kind of job. */
export function Processes(job: Job): ClassDecorator {
  const { concurrency, perSecond }: JobOptions<never> = job.options;
  const options = { concurrency, runRetryDelay: 1_000, ...(perSecond && { limiter: { max: perSecond, duration: 1_000 } }) };
  return applyDecorators(Processor(job.name, options), SetMetadata(processedJob, job.name));
}
