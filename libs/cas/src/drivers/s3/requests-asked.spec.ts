import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { BufferBudget } from '../../buffers/buffer-budget.js';
import { StorageError } from '../../storage-error.js';
import { objectKey } from '../../storage-keys.js';
import { beginUpload, inChunks, StoreProxy } from '../../testing/index.js';
import { S3Driver } from './s3-driver.js';
import type { S3Settings } from './s3-settings.js';

const MiB = 1024 * 1024;

/** What the settings make of requests, whatever a store would answer. */
describe('what a store is asked', () => {
  let seen: { operation: string; headers: IncomingHttpHeaders }[];
  let proxy: StoreProxy;

  beforeEach(async () => {
    seen = [];
    // Nobody listens there: each request is looked at and refused.
    proxy = await StoreProxy.before('http://127.0.0.1:1');
    proxy.intercept = (operation, { headers }) => {
      seen.push({ operation, headers });
      return { status: 403, code: 'AccessDenied' };
    };
  });
  afterEach(() => proxy.close());

  const plain = { driver: 's3', bucket: 'blobs', region: 'eu-central-1', prefix: 'some/' } as const;
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' };

  async function withDriver<T>(settings: Partial<S3Settings>, work: (driver: S3Driver) => Promise<T>): Promise<T> {
    const driver = new S3Driver({ settings: { ...plain, credentials, ...settings }, buffers: new BufferBudget({ bytes: 64 * MiB }) });
    try {
      return await work(driver);
    } finally {
      await driver.close();
    }
  }

  /** The headers of a small and of a large upload's first request, as far as their name begins like that. */
  async function headersOf(settings: Partial<S3Settings>, beginning: string): Promise<Record<string, Record<string, unknown>>> {
    await withDriver({ endpoint: proxy.endpoint, ...settings }, async (driver) => {
      for (const size of [1_000, 20 * MiB])
        await expect(driver.append(beginUpload(driver), inChunks(randomBytes(size)))).rejects.toThrow(StorageError);
    });
    const like = (headers: IncomingHttpHeaders) => Object.entries(headers).filter(([name]) => name.startsWith(beginning));
    // Not what it asks to tidy up.
    const stored = seen.filter(({ operation }) => operation !== 'DeleteObjects');
    return Object.fromEntries(stored.map(({ operation, headers }) => [operation, Object.fromEntries(like(headers))]));
  }

  const encryption = 'x-amz-server-side-encryption';
  const ofBoth = (headers: Record<string, string>) => ({ PutObject: headers, CreateMultipartUpload: headers });

  it.each<[string, Partial<S3Settings>, Record<string, string>]>([
    ['as the bucket says', {}, {}],
    ['by the store’s own keys', { encryption: { kind: 'AES256' } }, { [encryption]: 'AES256' }],
    ['by a key service', { encryption: { kind: 'aws:kms' } }, { [encryption]: 'aws:kms' }],
    [
      'by a key of its own',
      { encryption: { kind: 'aws:kms', keyId: 'key-1' } },
      { [encryption]: 'aws:kms', [`${encryption}-aws-kms-key-id`]: 'key-1' },
    ],
  ])('to encrypt %s', async (_how, settings, headers) => {
    expect(await headersOf(settings, encryption)).toEqual(ofBoth(headers));
  });

  it.each<[string, string | undefined, Record<string, string>]>([
    ['with the token of a temporary key', 'token-1', { 'x-amz-security-token': 'token-1' }],
    ['without one where the key is not temporary', undefined, {}],
  ])('%s', async (_how, sessionToken, headers) => {
    expect(await headersOf({ credentials: { ...credentials, sessionToken } }, 'x-amz-security-token')).toEqual(ofBoth(headers));
  });

  const store = 'https://store.example:8443';

  it.each<[string, Partial<S3Settings>, (key: string) => string]>([
    ['of AWS itself, in its region', {}, (key) => `https://blobs.s3.eu-central-1.amazonaws.com/some/${key}`],
    ['of AWS with the bucket in the path', { forcePathStyle: true }, (key) => `https://s3.eu-central-1.amazonaws.com/blobs/some/${key}`],
    ['of a store, with the bucket in the path', { endpoint: store }, (key) => `${store}/blobs/some/${key}`],
    [
      'of a store with a name for each bucket',
      { endpoint: store, forcePathStyle: false },
      (key) => `https://blobs.store.example:8443/some/${key}`,
    ],
  ])('at the address %s', async (_whose, settings, address) => {
    const key = objectKey();
    const signed = await withDriver(settings, (driver) => driver.presignRead(key, 60));
    expect(signed.origin + signed.pathname).toBe(address(key));
    expect(signed.searchParams.get('X-Amz-Credential')).toMatch(/^key\/\d{8}\/eu-central-1\/s3\/aws4_request$/);
    expect(signed.searchParams.get('X-Amz-Security-Token')).toBeNull();
  });

  it('in an address with the token of a temporary key', async () => {
    const settings = { credentials: { ...credentials, sessionToken: 'token-1' } };
    const signed = await withDriver(settings, (driver) => driver.presignRead(objectKey(), 60));
    expect(signed.searchParams.get('X-Amz-Security-Token')).toBe('token-1');
  });
});
