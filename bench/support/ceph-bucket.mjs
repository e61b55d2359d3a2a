import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, DeleteObjectsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { credentials, startCeph } from '../../test/support/object-store/ceph-cluster.mjs';

/** An empty bucket in a Ceph of its own, and what the product has to be told to use it. */
export class CephBucket {
  /** `bytes`: in a file of that size instead of memory. */
  static async start({ name, bytes }) {
    const bucket = new CephBucket();
    bucket.name = name;
    bucket.folder = mkdtempSync(join(tmpdir(), 'bench-s3-'));
    try {
      bucket.store = await startCeph({ folder: bucket.folder, store: bytes === undefined ? undefined : { kind: 'bluestore', bytes } });
    } catch (error) {
      rmSync(bucket.folder, { recursive: true, force: true });
      throw error;
    }
    const { endpoint } = bucket.store;
    bucket.client = new S3Client({
      endpoint,
      region: 'us-east-1',
      credentials,
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
    await bucket.client.send(new CreateBucketCommand({ Bucket: name }));
    const { accessKeyId, secretAccessKey } = credentials;
    const access = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    bucket.environment = { STORAGE_DRIVER: 's3', S3_BUCKET: name, S3_ENDPOINT: endpoint, ...access };
    return bucket;
  }

  /** Deletes every object. */
  async empty() {
    const Bucket = this.name;
    for (;;) {
      const { Contents = [] } = await this.client.send(new ListObjectsV2Command({ Bucket }));
      if (Contents.length === 0) return;
      const Objects = Contents.map(({ Key }) => ({ Key }));
      await this.client.send(new DeleteObjectsCommand({ Bucket, Delete: { Quiet: true, Objects } }));
    }
  }

  async stop() {
    this.client.destroy();
    await this.store.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
