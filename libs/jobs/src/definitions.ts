import * as z from 'zod';
import { defineJob } from './job.js';

const nothing = z.strictObject({});
const background = { attempts: 3, backoffMs: 1_000, concurrency: 1, merged: true };

/** Somebody waits for the verdict on a completed upload: queued at once, before everything else. */
export const verifyBlob = defineJob({
  name: 'verify-blob',
  data: z.strictObject({ sessionId: z.uuid() }),
  options: { attempts: 5, backoffMs: 1_000, priority: 1, concurrency: 8, merged: false, sameAs: ({ sessionId }) => sessionId },
});

/** Manifests were pushed: read what they are into their details. */
export const indexManifest = defineJob({ name: 'index-manifest', data: nothing, options: { ...background, priority: 2 } });

/** Tags of cosign's old naming came or went: tie them to the manifests they name. */
export const indexReferrers = defineJob({ name: 'index-referrers', data: nothing, options: { ...background, priority: 3 } });

/** Uploads ended without a blob: give their bytes back. */
export const abortUpload = defineJob({ name: 'abort-upload', data: nothing, options: { ...background, priority: 4 } });

/** Objects nobody refers to are due for removal. */
export const deleteObject = defineJob({ name: 'delete-object', data: nothing, options: { ...background, priority: 5 } });

/** Upload sessions past their expiry are to be ended; scheduled, not caused by a request. */
export const expireUploads = defineJob({ name: 'expire-uploads', data: nothing, options: { ...background, priority: 6 } });

/** Somebody asked for a collection with a report. */
export const collectGarbage = defineJob({ name: 'collect-garbage', data: nothing, options: { ...background, priority: 7 } });

/** Somebody asked for a comparison of storage with the database. */
export const sweepOrphans = defineJob({ name: 'sweep-orphans', data: nothing, options: { ...background, priority: 8 } });

/** Somebody asked for all stored bytes to be hashed again. */
export const scrubBlobs = defineJob({ name: 'scrub-blobs', data: nothing, options: { ...background, priority: 9 } });

/** Somebody asked for retention rules to be applied. */
export const applyRetention = defineJob({ name: 'apply-retention', data: nothing, options: { ...background, priority: 10 } });

/** Every kind of job there is; a worker that lacks the processor of one refuses to start. */
export const jobs = [
  verifyBlob,
  indexManifest,
  indexReferrers,
  abortUpload,
  deleteObject,
  expireUploads,
  collectGarbage,
  sweepOrphans,
  scrubBlobs,
  applyRetention,
] as const;

/** Any of the defined jobs. */
export type Job = (typeof jobs)[number];
export type JobName = Job['name'];
