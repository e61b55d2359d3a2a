import * as z from 'zod';
import { defineJob } from './job.js';

const nothing = z.strictObject({});
const background = { attempts: 3, backoffMs: 1_000, concurrency: 1, merged: true, perSecond: 5 };
/** Somebody follows it. */
const followed = { attempts: 3, backoffMs: 1_000, concurrency: 1, merged: false };
const upkeep = <const Name extends string>(name: Name) => defineJob({ name, data: nothing, options: followed });

/** Somebody waits for the verdict on a completed upload: queued at once. */
export const verifyBlob = defineJob({
  name: 'verify-blob',
  data: z.strictObject({ sessionId: z.uuid() }),
  options: { attempts: 5, backoffMs: 1_000, concurrency: 8, merged: false, sameAs: ({ sessionId }) => sessionId },
});

/** Manifests were pushed: read what they are into their details. */
export const indexManifest = defineJob({ name: 'index-manifest', data: nothing, options: background });

/** Tags of cosign's old naming came or went: tie them to the manifests they name. */
export const indexReferrers = defineJob({ name: 'index-referrers', data: nothing, options: background });

/** Upload sessions past their expiry are to be ended; scheduled, not caused by a request. */
export const expireUploads = defineJob({ name: 'expire-uploads', data: nothing, options: background });

/** Somebody asked for a run of upkeep, by its kind, and follows it. */
export const upkeepJobs = {
  gc: upkeep('collect-garbage'),
  sweep: upkeep('sweep-orphans'),
  scrub: upkeep('scrub-blobs'),
  retention: upkeep('apply-retention'),
  removal: upkeep('clear-removed'),
} as const;

/** Every kind of job there is; a worker that lacks the processor of one refuses to start. */
export const jobs = [verifyBlob, indexManifest, indexReferrers, expireUploads, ...Object.values(upkeepJobs)] as const;

/** Any of the defined jobs. */
export type Job = (typeof jobs)[number];
export type JobName = Job['name'];
