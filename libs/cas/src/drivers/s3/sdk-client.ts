import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { ReadBuffers } from '../../buffers/read-buffers.js';
import { DownloadHandler } from './download/download-handler.js';
import type { S3Settings } from './s3-settings.js';

const connectMs = 3_000;
const silenceMs = 15_000;
const attempts = 3;

/** `answers`: one for requests that end with their answer; `downloads`: one for bodies that are read as slowly as a client takes them. */
export interface SdkClients {
  readonly answers: S3Client;
  readonly downloads: S3Client;
}

/**
 * The SDK's clients. Retries are its own (exponential, with jitter, SlowDown slower, and few at all once everything fails). Time-outs count
 * silence, not duration; a download that waits for its reader is not silent. Sockets are not limited here: a request waiting for one would be
 * taken for a connection that can't be made.
 */
export function sdkClients(settings: S3Settings, readBuffers: ReadBuffers): SdkClients {
  const config = configOf(settings);
  const agents = { httpAgent: { keepAlive: true, maxSockets: Infinity }, httpsAgent: { keepAlive: true, maxSockets: Infinity } };
  return {
    answers: new S3Client({ ...config, requestHandler: { ...agents, connectionTimeout: connectMs, socketTimeout: silenceMs } }),
    downloads: new S3Client({ ...config, requestHandler: new DownloadHandler(readBuffers) }),
  };
}

function configOf({ endpoint, region, credentials, forcePathStyle = endpoint !== undefined }: S3Settings): S3ClientConfig {
  return {
    endpoint,
    region,
    credentials,
    forcePathStyle,
    maxAttempts: attempts,
    retryMode: 'standard',
    // Ceph and R2 refuse the trailers that the SDK would otherwise add.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  };
}
