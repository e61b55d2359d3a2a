import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, DeleteObjectsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { credentials, startCeph } from '../../test/support/object-store/ceph-cluster.mjs';

const { accessKeyId, secretAccessKey } = credentials;
const region = 'us-east-1';
const memory = 8 * 2 ** 30;

/** Buckets of one Ceph on this machine, which keeps its bytes in memory; one bucket per server. */
export class BucketStorage {
  kind = 's3';

  static async start(folder) {
    const storage = new BucketStorage();
    const home = join(folder, 'ceph');
    mkdirSync(home);
    storage.ceph = await startCeph({ folder: home, store: { kind: 'memstore', bytes: memory } });
    storage.endpoint = storage.ceph.endpoint;
    storage.client = new S3Client({
      ...{ endpoint: storage.endpoint, region, credentials, forcePathStyle: true },
      ...{ requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' },
    });
    for (const name of ['entrepot', 'docker-registry']) await storage.client.send(new CreateBucketCommand({ Bucket: name }));
    return storage;
  }

  of(name) {
    return new Bucket(this, name);
  }

  async stop() {
    this.client.destroy();
    await this.ceph.stop();
  }
}

class Bucket {
  constructor({ client, endpoint }, name) {
    this.client = client;
    this.name = name;
    const access = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    this.environment = { STORAGE_DRIVER: 's3', S3_BUCKET: name, S3_ENDPOINT: endpoint, S3_REGION: region, ...access };
    this.yaml = `  redirect:
    disable: true
  s3:
    accesskey: ${accessKeyId}
    secretkey: ${secretAccessKey}
    region: ${region}
    regionendpoint: ${endpoint}
    bucket: ${name}
    secure: false
    encrypt: false
    v4auth: true`;
  }

  /** The keys of now. */
  async list() {
    const keys = new Set();
    for (let page, token; page === undefined || token;) {
      page = await this.client.send(new ListObjectsV2Command({ Bucket: this.name, ContinuationToken: token }));
      for (const { Key } of page.Contents ?? []) keys.add(Key);
      token = page.NextContinuationToken;
    }
    return keys;
  }

  async removeAllBut(kept) {
    const gone = [...(await this.list())].filter((key) => !kept.has(key) && !key.endsWith('/link'));
    for (let at = 0; at < gone.length; at += 1_000) {
      const Objects = gone.slice(at, at + 1_000).map((Key) => ({ Key }));
      await this.client.send(new DeleteObjectsCommand({ Bucket: this.name, Delete: { Quiet: true, Objects } }));
    }
  }
}
