import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CreateBucketCommand, paginateListObjectsV2, S3Client, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';

const region = 'us-east-1';
const bucket = 'entrepot';

/** Ceph's gateway with an empty bucket, in a process of its own that ends when its input does. */
export class ObjectStore {
  readonly endpoint: string;
  readonly pid: number | undefined;
  private readonly access: { accessKeyId: string; secretAccessKey: string };
  private readonly end: () => Promise<void>;

  private constructor(endpoint: string, access: ObjectStore['access'], guard: { pid: number | undefined; end: () => Promise<void> }) {
    this.endpoint = endpoint;
    this.access = access;
    this.pid = guard.pid;
    this.end = guard.end;
  }

  static async start(): Promise<ObjectStore> {
    const script = join(import.meta.dirname, '../object-store/scratch-object-store.mjs');
    const guard = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
    const ended = once(guard, 'exit');
    const end = async () => {
      guard.stdin.end();
      await ended;
    };
    try {
      const first = await Promise.race([
        once(createInterface({ input: guard.stdout }), 'line') as Promise<[string]>,
        ended.then(() => null),
      ]);
      if (!first) throw new Error('the guard of the object store did not start');
      const answer = await fetch((JSON.parse(first[0]) as { url: string }).url);
      if (!answer.ok) throw new Error(await answer.text());
      const { endpoint, ...access } = (await answer.json()) as { endpoint: string } & ObjectStore['access'];
      const store = new ObjectStore(endpoint, access, { pid: guard.pid, end });
      await store.createBucket();
      return store;
    } catch (error) {
      await end();
      throw error;
    }
  }

  /** What the product has to be told, with the address it is to use. */
  settings(endpoint = this.endpoint): Record<string, string> {
    return {
      STORAGE_DRIVER: 's3',
      S3_BUCKET: bucket,
      S3_ENDPOINT: endpoint,
      S3_REGION: region,
      AWS_ACCESS_KEY_ID: this.access.accessKeyId,
      AWS_SECRET_ACCESS_KEY: this.access.secretAccessKey,
    };
  }

  stop(): Promise<void> {
    return this.end();
  }

  /** Every object with its size, past the product. */
  async objects(): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    const client = this.client();
    for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket }))
      for (const { Key, Size } of page.Contents ?? []) sizes.set(Key!, Size ?? 0);
    client.destroy();
    return sizes;
  }

  /** How many multipart uploads are neither completed nor aborted; a thousand at most. */
  async unfinishedUploads(): Promise<number> {
    const client = this.client();
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    client.destroy();
    return Uploads.length;
  }

  private async createBucket(): Promise<void> {
    const client = this.client();
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    client.destroy();
  }

  private client(): S3Client {
    return new S3Client({ endpoint: this.endpoint, region, credentials: this.access, forcePathStyle: true });
  }
}
