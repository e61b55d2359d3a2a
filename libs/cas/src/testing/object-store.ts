import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import type { S3Settings } from '../drivers/s3/s3-settings.js';
import { S3Driver } from '../drivers/s3/s3-driver.js';
import { BufferBudget } from '../buffers/buffer-budget.js';
import { listAll } from './driver-harness.js';

interface Access {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A bucket of a real object store. */
export interface TestBucket {
  readonly settings: S3Settings;
  /** Removes the bucket with all that is in it. */
  remove(): Promise<void>;
}

/** A `describe` that needs the object store of the unit project's set-up; skipped by name where its programs are missing. */
export function describeWithObjectStore(title: string, specs: () => void): void {
  const body = () => {
    // The store shares the machine with all other suites.
    jest.setTimeout(60_000);
    // The first one to ask waits for the store to start.
    beforeAll(() => access().then(() => undefined), 120_000);
    specs();
  };
  if (address()) describe(title, body);
  else describe.skip(`${title} (radosgw missing: node tools/test-setup.mjs installs it)`, body);
}

/** A new bucket. */
export async function testBucket(prefix = ''): Promise<TestBucket> {
  const { CreateBucketCommand, DeleteBucketCommand, S3Client } = await import('@aws-sdk/client-s3');
  const { endpoint, ...credentials } = await access();
  const settings: S3Settings = { driver: 's3', bucket: `test-${randomUUID()}`, endpoint, region: 'us-east-1', prefix, credentials };
  const client = new S3Client({ endpoint, region: settings.region, credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: settings.bucket }));
  const remove = async () => {
    await empty(settings);
    await client.send(new DeleteBucketCommand({ Bucket: settings.bucket }));
    client.destroy();
  };
  return { settings, remove };
}

async function empty(settings: S3Settings): Promise<void> {
  const driver = new S3Driver({ settings, buffers: new BufferBudget({ bytes: 64 * 1024 * 1024 }) });
  for await (const upload of driver.listUploads()) await driver.abortUploadById(upload);
  await driver.delete((await listAll(driver, '')).map(({ key }) => key));
  await driver.close();
}

let asked: Promise<Access> | null = null;

function access(): Promise<Access> {
  return (asked ??= ask());
}

async function ask(): Promise<Access> {
  const answer = await fetch(address());
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as Access;
}

function address(): string {
  // eslint-disable-next-line no-restricted-syntax -- no setting of the product: the unit project's set-up leaves it there
  return process.env.ENTREPOT_TEST_OBJECT_STORE ?? '';
}
