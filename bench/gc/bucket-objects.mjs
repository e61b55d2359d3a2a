import { DeleteObjectsCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { inLanes } from '../in-lanes.mjs';
import { CephBucket } from '../support/ceph-bucket.mjs';
import { objectBytes } from './garbage.mjs';

const Bucket = 'bench-gc';

/** Objects in a bucket of a Ceph of its own. */
export class BucketObjects {
  static async start() {
    const objects = new BucketObjects();
    objects.bucket = await CephBucket.start({ name: Bucket });
    return objects;
  }

  get client() {
    return this.bucket.client;
  }

  get environment() {
    return this.bucket.environment;
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

  close() {
    return this.bucket.stop();
  }
}
