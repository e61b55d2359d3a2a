export { expireUploads, indexManifest, indexReferrers, jobs, upkeepJobs, verifyBlob } from './definitions.js';
export type { Job, JobName } from './definitions.js';
export { defineJob, type JobData, type JobDefinition, type JobOptions } from './job.js';
export type { JobBackend } from './job-backend.js';
export { openJobBackend, type JobBackendSettings } from './open-job-backend.js';
export { JobProducer, type JobProducerOptions } from './job-producer.js';
export { Outage, type OutageOptions, type OutageReport } from './outage.js';
