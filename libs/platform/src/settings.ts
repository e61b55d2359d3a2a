import { join, resolve } from 'node:path';
import { automaticProcesses, thisMachine } from './api-processes.js';
import { environmentSchema, type Environment } from './settings-schema.js';
import { StartError } from './start-error.js';
import { sweepAgeOf, writeBehindOf } from './write-behind.js';

/** Where blobs are kept, discriminated by `driver`. */
export type StorageSettings =
  | { readonly driver: 'filesystem'; readonly root: string }
  | {
      readonly driver: 's3';
      readonly bucket: string;
      /** Absent: AWS itself. */
      readonly endpoint?: string;
      readonly region: string;
      readonly prefix: string;
      /** Absent: the SDK's own chain (roles, profiles). */
      readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };
      /** Absent: where there is an endpoint. */
      readonly forcePathStyle?: boolean;
      readonly equalParts: boolean;
      /** Absent: as the bucket says. */
      readonly encryption?: { readonly kind: 'AES256' } | { readonly kind: 'aws:kms'; readonly keyId?: string };
      /** Clients are sent to the store for blobs. */
      readonly redirect: boolean;
    };

/** What a process may be told from outside; folders are absolute, units are in the names. */
export interface Settings {
  /** Port 0: the system chooses. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly dataDir: string;
  /** No url: the supervisor runs an embedded PostgreSQL. */
  readonly database: {
    readonly url?: string;
    /** The same database past a pooler. */
    readonly directUrl?: string;
    readonly poolSize: number;
    readonly pooler: 'none' | 'transaction';
  };
  /** No url: jobs go through PostgreSQL. */
  readonly redis: { readonly url?: string };
  readonly storage: StorageSettings;
  readonly uploads: {
    readonly bufferBytes: number;
    readonly expirySeconds: number;
    readonly minFreeBytes: number;
    /** 0: sessions get their rows at once. */
    readonly writeBehindMs: number;
  };
  readonly blobs: { readonly graceSeconds: number; readonly lingerSeconds: number };
  readonly sweep: { readonly minAgeSeconds: number; readonly objectsPerSecond: number };
  /** 0 bytes per second: no scrub by itself. */
  readonly scrub: { readonly bytesPerSecond: number; readonly intervalSeconds: number };
  /** Interval 0: not by itself. */
  readonly retention: { readonly tagHistoryDays: number; readonly intervalSeconds: number };
  readonly verification: { readonly threads: number; readonly timeoutSeconds: number };
  readonly http: { readonly idleTimeoutSeconds: number };
  readonly processes: { readonly api: number; readonly shutdownGraceSeconds: number };
  readonly log: { readonly level: Environment['LOG_LEVEL'] };
}

/** A variable of the environment is missing or wrong; the message is one line that names it. */
export class SettingsError extends StartError {
  override readonly name = 'SettingsError';
}

const secret = new Set([
  'DATABASE_URL',
  'DATABASE_DIRECT_URL',
  'REDIS_URL',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
]);
const mebibyte = 1_048_576;

/** Reads the environment (an empty variable counts as absent); throws SettingsError for the first thing wrong. */
export function loadSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = environmentSchema.safeParse({ STORAGE_DRIVER: 'filesystem', ...given });
  if (parsed.success) return settingsOf(parsed.data);
  const [issue] = parsed.error.issues;
  const name = String(issue?.path[0] ?? 'STORAGE_DRIVER');
  const wrong = name === 'STORAGE_DRIVER' ? 'must be filesystem or s3' : (issue?.message ?? 'is wrong');
  const value = given[name];
  throw new SettingsError(`${name} ${wrong}${value === undefined || secret.has(name) ? '' : `, not ${JSON.stringify(value)}`}`);
}

function settingsOf(env: Environment): Settings {
  const dataDir = resolve(env.DATA_DIR);
  const processes = apiProcessesOf(env);
  return {
    listen: { host: env.HOST, port: env.PORT },
    dataDir,
    database: {
      url: env.DATABASE_URL,
      directUrl: env.DATABASE_DIRECT_URL,
      poolSize: env.DATABASE_POOL_SIZE,
      pooler: env.DATABASE_POOLER,
    },
    redis: { url: env.REDIS_URL },
    storage: storageOf(env, dataDir),
    uploads: {
      bufferBytes: env.UPLOAD_BUFFER_MIB * mebibyte,
      expirySeconds: env.UPLOAD_EXPIRY_SECONDS,
      minFreeBytes: env.MIN_FREE_MIB * mebibyte,
      writeBehindMs: writeBehindOf(env, processes),
    },
    blobs: { graceSeconds: env.BLOB_GRACE_SECONDS, lingerSeconds: env.BLOB_LINGER_SECONDS },
    sweep: {
      minAgeSeconds: sweepAgeOf(env),
      objectsPerSecond: env.SWEEP_OBJECTS_PER_SECOND,
    },
    scrub: { bytesPerSecond: env.SCRUB_MIB_PER_SECOND * mebibyte, intervalSeconds: env.SCRUB_INTERVAL_SECONDS },
    retention: { tagHistoryDays: env.TAG_HISTORY_DAYS, intervalSeconds: env.RETENTION_INTERVAL_SECONDS },
    verification: { threads: env.VERIFY_THREADS, timeoutSeconds: env.VERIFY_TIMEOUT_SECONDS },
    http: { idleTimeoutSeconds: env.IDLE_TIMEOUT_SECONDS },
    processes: { api: processes, shutdownGraceSeconds: env.SHUTDOWN_GRACE_SECONDS },
    log: { level: env.LOG_LEVEL },
  };
}

function apiProcessesOf({ API_PROCESSES, DATABASE_URL }: Environment): number {
  return API_PROCESSES === 'auto' ? automaticProcesses(thisMachine(DATABASE_URL === undefined)) : API_PROCESSES;
}

function storageOf(env: Environment, dataDir: string): StorageSettings {
  if (env.STORAGE_DRIVER === 'filesystem') return { driver: 'filesystem', root: resolve(env.STORAGE_ROOT ?? join(dataDir, 'storage')) };
  return {
    driver: 's3',
    bucket: env.S3_BUCKET,
    endpoint: env.S3_ENDPOINT,
    region: env.S3_REGION,
    prefix: env.S3_PREFIX,
    credentials: credentialsOf(env),
    forcePathStyle: env.S3_FORCE_PATH_STYLE,
    equalParts: env.S3_EQUAL_PARTS ?? false,
    encryption: env.S3_SSE === 'aws:kms' ? { kind: env.S3_SSE, keyId: env.S3_SSE_KMS_KEY_ID } : env.S3_SSE && { kind: env.S3_SSE },
    redirect: env.S3_REDIRECT ?? false,
  };
}

function credentialsOf(env: Extract<Environment, { STORAGE_DRIVER: 's3' }>) {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: sessionToken } = env;
  return accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey, sessionToken };
}
