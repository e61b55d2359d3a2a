import { createHash, randomBytes } from 'node:crypto';
import { DigestVerifier } from '../../hashing/digest-verifier.js';
import { openDriver } from '../../open-driver.js';
import { objectKey } from '../../storage-keys.js';
import { describeWithObjectStore, store, testBucket } from '../../testing/index.js';

describeWithObjectStore('DigestVerifier on S3', () => {
  it('digests objects in threads that open the store by themselves', async () => {
    const bucket = await testBucket('prefix/');
    const driver = openDriver(bucket.settings);
    const verifier = new DigestVerifier({ driverOptions: bucket.settings, threads: 1 });
    const body = randomBytes(15_000_000);
    const { key } = await store(driver, body);
    const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
    expect(await verifier.digest(key, 'sha256')).toEqual({ digest, size: body.length });
    expect(await verifier.digest(objectKey(), 'sha256')).toBeNull();
    const broken = new DigestVerifier({ driverOptions: { ...bucket.settings, bucket: 'no-such-bucket' }, threads: 1 });
    await expect(broken.digest(key, 'sha256')).rejects.toMatchObject({ name: 'StorageError' });
    await Promise.all([verifier.close(), broken.close(), driver.close()]);
    await bucket.remove();
  }, 30_000);
});
