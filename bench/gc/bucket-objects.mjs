import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, DeleteObjectsCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { credentials, startCeph } from '../../test/support/object-store/ceph-cluster.mjs';
import { inLanes } from '../in-lanes.mjs';
import { objectBytes } from './garbage.mjs';

const Bucket = 'bench-gc';

/** Objects in a bucket of a Ceph of its own. */
export class BucketObjects {
  static async start() {
    const folder = mkdtempSync(join(tmpdir(), 'bench-s3-'));
    const objects = new BucketObjects();
    objects.folder = folder;
    objects.store = await startCeph({ folder });
    const { endpoint } = objects.store;
    objects.client = new S3Client({
      endpoint,
      region: 'us-east-1',
      credentials,
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
    await objects.client.send(new CreateBucketCommand({ Bucket }));
    const { accessKeyId, secretAccessKey } = credentials;
    const access = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    objects.environment = { STORAGE_DRIVER: 's3', S3_BUCKET: Bucket, S3_ENDPOINT: endpoint, ...access };
    return objects;
  }

  open() {}

  async write(keys) {
    await inLanes(keys, 16, (Key) => this.client.send(new PutObjectCommand({ Bucket, Key, Body: objectBytes })));
  }

  async count(keys) {
    const wanted = new Set(keys);
    let count = 0;
    for (let page, token; page === undefined || token;) {
      page = await this.client.send(new ListObjectsV2Command({ Bucket, ContinuationToken: token }));
      count += (page.Contents ?? []).filter(({ Key }) => wanted.has(Key)).length;
      token = page.NextContinuationToken;
    }
    return count;
  }

  async deleteBare(keys) {
    for (let at = 0; at < keys.length; at += 1_000) {
      const Objects = keys.slice(at, at + 1_000).map((Key) => ({ Key }));
      await this.client.send(new DeleteObjectsCommand({ Bucket, Delete: { Quiet: true, Objects } }));
    }
  }

  async close() {
    this.client.destroy();
    await this.store.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
