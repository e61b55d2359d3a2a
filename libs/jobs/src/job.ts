import type * as z from 'zod';

/** How a kind of job is queued and run. */
export interface JobOptions<Data> {
  /** Tries of one job; the row it points at has tries and a backoff of its own. */
  readonly attempts: number;
  /** First pause between tries, in milliseconds; it doubles. */
  readonly backoffMs: number;
  /** Jobs of this kind one worker process runs at once. */
  readonly concurrency: number;
  /** Jobs of this kind all workers together begin in a second; absent: as many as come. What is left over, workers find by themselves. */
  readonly perSecond?: number;
  /** Cheap kinds: one pending job stands for any number of rows, and a request never waits for it to be queued. */
  readonly merged: boolean;
  /** What makes two jobs the same one; absent: all jobs of the kind are the same. */
  readonly sameAs?: (data: Data) => string;
}

/** A kind of job: its name, which is its BullMQ queue's name too, the shape of its data, and how it is run. */
export interface JobDefinition<Name extends string = string, Schema extends z.ZodType = z.ZodType> {
  readonly name: Name;
  readonly data: Schema;
  readonly options: JobOptions<z.infer<Schema>>;
}

/** The payload of a job. */
export type JobData<Job> = Job extends JobDefinition<string, infer Schema> ? z.infer<Schema> : never;

const queueName = /^[a-z][a-z-]*$/;

/** Defines a kind of job; a payload of another shape does not compile. Throws on a name BullMQ would refuse. */
export function defineJob<const Name extends string, Schema extends z.ZodType>(
  definition: JobDefinition<Name, Schema>,
): JobDefinition<Name, Schema> {
  if (!queueName.test(definition.name)) throw new Error(`job name "${definition.name}" must be lower-case letters and dashes`);
  return definition;
}
