import * as z from 'zod';
import { isWriteBehindSafe, writeBehindUnsafe } from './write-behind.js';

declare module 'zod' {
  interface GlobalMeta {
    /** As the configuration table shows it. */
    default?: string;
  }
}

const isWhole = (text: string, { min, max }: { min: number; max: number }) =>
  /^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max;

const wholeNumber = (fallback: number, range: { min: number; max: number }, description: string) =>
  z
    .string()
    .refine((text) => isWhole(text, range), { error: `must be a whole number from ${range.min} to ${range.max}` })
    .transform(Number)
    .prefault(String(fallback))
    .meta({ default: String(fallback), description });

/** A number, or `auto`: chosen by the machine. */
const wholeNumberOrAuto = (fallback: number | 'auto', range: { min: number; max: number }, description: string) =>
  z
    .string()
    .refine((text) => text === 'auto' || isWhole(text, range), {
      error: `must be auto or a whole number from ${range.min} to ${range.max}`,
    })
    .transform((text) => (text === 'auto' ? text : Number(text)))
    .prefault(String(fallback))
    .meta({ default: String(fallback), description });

const yesOrNo = (description: string, fallback = '') =>
  z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .transform((value) => value === 'true')
    .optional()
    .meta({ default: fallback, description });

const text = (fallback: string, description: string) => z.string().prefault(fallback).meta({ default: fallback, description });

const url = (protocols: readonly string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    error: `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });

/** A part of an upload to S3, and what must be seen of the next before it leaves. */
const leastS3BufferMiB = 16;
/** Bytes must outlive the addresses that clients were given. */
const leastRedirectLinger = 60;

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const always = {
  HOST: text('127.0.0.1', 'Address to listen on. There is no login yet: bind to other addresses only where you trust the network.'),
  PORT: wholeNumber(5000, { min: 0, max: 65_535 }, 'TCP port to listen on; 0 lets the system choose one.'),
  DATA_DIR: text('./data', 'Folder of the embedded PostgreSQL, of its password and, unless `STORAGE_ROOT` says otherwise, of the blobs.'),
  DATABASE_URL: url(['postgres:', 'postgresql:'])
    .optional()
    .meta({ default: '', description: 'PostgreSQL ≥ 15 to use. Absent: an embedded PostgreSQL in `DATA_DIR`.' }),
  DATABASE_POOL_SIZE: wholeNumber(
    10,
    { min: 1, max: 1_000 },
    'Connections to PostgreSQL that each process may open for its lookups and writes.',
  ),
  DATABASE_POOLER: z
    .enum(['none', 'transaction'], { error: 'must be none or transaction' })
    .prefault('none')
    .meta({ default: 'none', description: '`transaction`: behind `DATABASE_URL` is a PgBouncer in transaction mode (docs/deploy.md).' }),
  DATABASE_DIRECT_URL: url(['postgres:', 'postgresql:'])
    .optional()
    .meta({ default: '', description: 'The same database past the pooler: for migrations and, without Redis, job notices.' }),
  REDIS_URL: url(['redis:', 'rediss:'])
    .optional()
    .meta({ default: '', description: 'Redis for job notices. Absent: they go through PostgreSQL.' }),
  API_PROCESSES: wholeNumberOrAuto(
    1,
    { min: 1, max: 256 },
    'HTTP processes that `npm start` runs; they share the port. `auto`: one per core, less a quarter where PostgreSQL is embedded; 16 at most.',
  ),
  LOG_LEVEL: z
    .enum(logLevels, { error: `must be one of ${logLevels.join(', ')}` })
    .prefault('info')
    .meta({ default: 'info', description: `Least severe log lines to write: ${logLevels.map((level) => `\`${level}\``).join(', ')}.` }),
  SHUTDOWN_GRACE_SECONDS: wholeNumber(30, { min: 0, max: 3_600 }, 'How long requests and jobs in flight may take to finish on shutdown.'),
  IDLE_TIMEOUT_SECONDS: wholeNumber(60, { min: 1, max: 86_400 }, 'How long a client may stay silent within headers or a body.'),
  MIN_FREE_MIB: wholeNumber(1_024, { min: 0, max: 1_073_741_824 }, 'Uploads are refused (503) while less disk than this is free.'),
  UPLOAD_BUFFER_MIB: wholeNumber(64, { min: 1, max: 1_048_576 }, 'Memory that all uploads of one process may hold together.'),
  UPLOAD_EXPIRY_SECONDS: wholeNumber(86_400, { min: 1, max: 31_536_000 }, 'An upload that made no progress for this long is removed.'),
  UPLOAD_WRITE_BEHIND_MS: wholeNumberOrAuto(
    'auto',
    { min: 0, max: 10_000 },
    'How long an upload session may wait for its row, as most end before they need one. For a single api process only. `auto`: 50 where `npm start` runs one with its own PostgreSQL, else 0.',
  ),
  BLOB_GRACE_SECONDS: wholeNumber(
    86_400,
    { min: 0, max: 31_536_000 },
    'How long a blob that no manifest references is kept after its last use.',
  ),
  BLOB_LINGER_SECONDS: wholeNumber(
    900,
    { min: 0, max: 31_536_000 },
    'How long the bytes of a collected blob stay for downloads that have begun.',
  ),
  SWEEP_MIN_AGE_SECONDS: wholeNumber(
    86_400,
    { min: 0, max: 31_536_000 },
    'A sweep leaves what is younger alone; never less than `UPLOAD_EXPIRY_SECONDS`.',
  ),
  SWEEP_OBJECTS_PER_SECOND: wholeNumber(2_000, { min: 1, max: 1_000_000 }, 'Objects that a sweep looks at in a second.'),
  SCRUB_MIB_PER_SECOND: wholeNumber(
    20,
    { min: 0, max: 1_048_576 },
    'Stored bytes that are read and hashed again in the background; 0: none.',
  ),
  SCRUB_INTERVAL_SECONDS: wholeNumber(
    86_400,
    { min: 1, max: 31_536_000 },
    'A pass over all blobs begins no sooner after the one before began.',
  ),
  TAG_HISTORY_DAYS: wholeNumber(
    14,
    { min: 0, max: 36_500 },
    'How long retention keeps a manifest after a tag left it, so that the tag can be taken back.',
  ),
  RETENTION_INTERVAL_SECONDS: wholeNumber(
    86_400,
    { min: 0, max: 31_536_000 },
    'How often retention rules are applied; 0: only on request.',
  ),
  VERIFY_THREADS: wholeNumber(2, { min: 1, max: 256 }, 'Threads of the worker that re-read and hash stored bytes.'),
  VERIFY_TIMEOUT_SECONDS: wholeNumber(
    60,
    { min: 1, max: 3_600 },
    'How long a request waits for the verdict on its upload before it answers 503.',
  ),
};

const driver = <Name extends 'filesystem' | 's3'>(name: Name) =>
  z.literal(name).meta({ default: 'filesystem', description: 'Where blobs are kept: `filesystem` or `s3`.' });

/** Sessions of their own are what a pooler in transaction mode does not give. */
const noticesPossible = (env: { DATABASE_POOLER: string; DATABASE_DIRECT_URL?: string; REDIS_URL?: string }) =>
  env.DATABASE_POOLER === 'none' || env.REDIS_URL !== undefined || env.DATABASE_DIRECT_URL !== undefined;
const noticesImpossible = { path: ['REDIS_URL'], error: 'or DATABASE_DIRECT_URL is required with DATABASE_POOLER=transaction' };

/** The whole environment: S3 variables are required exactly when S3 is chosen. */
export const environmentSchema = z.discriminatedUnion('STORAGE_DRIVER', [
  z
    .object({
      ...always,
      STORAGE_DRIVER: driver('filesystem'),
      STORAGE_ROOT: z.string().optional().meta({ default: '<DATA_DIR>/storage', description: 'Folder of the blobs (`filesystem`).' }),
    })
    .refine(noticesPossible, noticesImpossible)
    .refine(isWriteBehindSafe, writeBehindUnsafe),
  z
    .object({
      ...always,
      STORAGE_DRIVER: driver('s3'),
      S3_BUCKET: z
        .string({ error: 'is required with STORAGE_DRIVER=s3' })
        .meta({ default: '', description: 'Bucket of the blobs; required with `s3`.' }),
      S3_ENDPOINT: url(['http:', 'https:'])
        .optional()
        .meta({ default: '', description: 'Endpoint of an S3-compatible store. Absent: AWS.' }),
      S3_REGION: text('us-east-1', 'Region of the bucket.'),
      S3_PREFIX: text('', 'Put before every key, so that a bucket can be shared.'),
      S3_FORCE_PATH_STYLE: yesOrNo('Bucket in the path instead of the host name. Absent: so where `S3_ENDPOINT` is given.'),
      S3_EQUAL_PARTS: yesOrNo('Uploads in parts of one size, for stores that take no others (R2).', 'false'),
      S3_SSE: z
        .enum(['AES256', 'aws:kms'], { error: 'must be AES256 or aws:kms' })
        .optional()
        .meta({ default: '', description: 'Encryption asked of the store: `AES256` or `aws:kms`. Absent: as the bucket says.' }),
      S3_SSE_KMS_KEY_ID: z
        .string()
        .optional()
        .meta({ default: '', description: 'Key for `aws:kms`. Absent: the bucket’s or the account’s.' }),
      S3_REDIRECT: yesOrNo(
        'Blobs are answered by a redirect (307) to the store, at an address good for ten minutes; clients must be able to reach `S3_ENDPOINT`.',
        'false',
      ),
      AWS_ACCESS_KEY_ID: z
        .string()
        .optional()
        .meta({ default: '', description: 'Access key. Absent, with its secret: the machine’s own role.' }),
      AWS_SECRET_ACCESS_KEY: z.string().optional().meta({ default: '', description: 'Secret of the access key.' }),
      AWS_SESSION_TOKEN: z.string().optional().meta({ default: '', description: 'Session token of a temporary access key.' }),
    })
    .refine(noticesPossible, noticesImpossible)
    .refine(isWriteBehindSafe, writeBehindUnsafe)
    .refine((env) => env.UPLOAD_BUFFER_MIB >= leastS3BufferMiB, {
      path: ['UPLOAD_BUFFER_MIB'],
      error: `must be at least ${leastS3BufferMiB} with STORAGE_DRIVER=s3`,
    })
    .refine((env) => env.S3_SSE_KMS_KEY_ID === undefined || env.S3_SSE === 'aws:kms', {
      path: ['S3_SSE_KMS_KEY_ID'],
      error: 'is of use with S3_SSE=aws:kms only',
    })
    .refine((env) => env.S3_REDIRECT !== true || env.BLOB_LINGER_SECONDS >= leastRedirectLinger, {
      path: ['BLOB_LINGER_SECONDS'],
      error: `must be at least ${leastRedirectLinger} with S3_REDIRECT=true`,
    })
    .refine((env) => env.AWS_ACCESS_KEY_ID === undefined || env.AWS_SECRET_ACCESS_KEY !== undefined, {
      path: ['AWS_SECRET_ACCESS_KEY'],
      error: 'is required beside AWS_ACCESS_KEY_ID',
    })
    .refine((env) => env.AWS_SECRET_ACCESS_KEY === undefined || env.AWS_ACCESS_KEY_ID !== undefined, {
      path: ['AWS_ACCESS_KEY_ID'],
      error: 'is required beside AWS_SECRET_ACCESS_KEY',
    }),
]);

/** The environment after parsing, still by variable name. */
export type Environment = z.output<typeof environmentSchema>;

/** One row of the configuration table; an empty default means the variable may be absent. */
export interface SettingRow {
  readonly name: string;
  readonly default: string;
  readonly description: string;
}

/** Every variable there is, in the order of the README's configuration table. */
export const settingsTable: readonly SettingRow[] = tableOf(environmentSchema.options.map((option) => option.shape));

function tableOf(shapes: readonly Record<string, z.ZodType>[]): SettingRow[] {
  const rows = new Map<string, SettingRow>();
  for (const [name, schema] of shapes.flatMap((shape) => Object.entries(shape))) {
    const meta = schema.meta();
    rows.set(name, { name, default: meta?.default ?? '', description: meta?.description ?? '' });
  }
  return [...rows.values()];
}
