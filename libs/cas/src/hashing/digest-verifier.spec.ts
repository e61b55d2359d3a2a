import { createHash, randomBytes } from 'node:crypto';
import { rm, truncate } from 'node:fs/promises';
import { openDriver, type StorageSettings } from '../open-driver.js';
import { StorageError } from '../storage-error.js';
import { objectKey } from '../storage-keys.js';
import { store, temporaryFolder, type TemporaryFolder } from '../testing/index.js';
import { DigestVerifier } from './digest-verifier.js';

describe('DigestVerifier', () => {
  let folder: TemporaryFolder;
  let settings: StorageSettings;
  let verifier: DigestVerifier;

  beforeEach(async () => {
    folder = await temporaryFolder();
    settings = { driver: 'filesystem', root: folder.path };
    verifier = new DigestVerifier({ driverOptions: settings, threads: 1 });
  });
  afterEach(async () => {
    await verifier.close();
    await folder.remove();
  });

  it('digests stored objects by either algorithm, more of them than it has threads', async () => {
    const bodies = [0, 1, 70_000, 3_000_001].map((size) => randomBytes(size));
    const objects = await Promise.all(bodies.map((body) => store(openDriver(settings), body)));
    for (const algorithm of ['sha256', 'sha512'] as const) {
      const answers = await Promise.all(objects.map(({ key }) => verifier.digest(key, algorithm)));
      const expected = bodies.map((body) => ({
        digest: `${algorithm}:${createHash(algorithm).update(body).digest('hex')}`,
        size: body.length,
      }));
      expect(answers).toEqual(expected);
    }
  });

  it('digests the first bytes alone, or as many as there are', async () => {
    const body = randomBytes(3_000_001);
    const { key } = await store(openDriver(settings), body);
    const answer = (size: number) => ({ digest: `sha256:${createHash('sha256').update(body.subarray(0, size)).digest('hex')}`, size });
    for (const [firstBytes, size] of [
      [0, 0],
      [1, 1],
      [2_000_000, 2_000_000],
      [body.length, body.length],
      [body.length + 1, body.length],
    ] as const)
      expect(await verifier.digest(key, 'sha256', undefined, { firstBytes })).toEqual(answer(size));
  });

  it('reads no faster than it is told', async () => {
    const body = randomBytes(3 * 1_048_576);
    const { key } = await store(openDriver(settings), body);
    const begun = performance.now();
    await verifier.digest(key, 'sha256', undefined, { bytesPerSecond: 10 * 1_048_576 });
    expect(performance.now() - begun).toBeGreaterThan(200);
  });

  it('answers null for a key that does not exist', async () => {
    expect(await verifier.digest(objectKey(), 'sha256')).toBeNull();
  });

  it('tells storage that fails from a bug', async () => {
    const { key } = await store(openDriver(settings), randomBytes(10));
    await rm(`${folder.path}/${key}`);
    // A folder can be opened like a file, and not be read.
    await store(openDriver({ driver: 'filesystem', root: `${folder.path}/${key}` }), randomBytes(1));
    await expect(verifier.digest(key, 'sha256')).rejects.toThrow(StorageError);
    await expect(verifier.digest('no key', 'sha256')).rejects.not.toThrow(StorageError);
  });

  it('gives up when told to', async () => {
    const { key } = await store(openDriver(settings), randomBytes(10));
    await truncate(`${folder.path}/${key}`, 2 ** 32);
    const cancel = new AbortController();
    const asked = verifier.digest(key, 'sha512', cancel.signal);
    cancel.abort();
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('rejects what is asked when it is closed', async () => {
    const { key } = await store(openDriver(settings), randomBytes(10));
    await truncate(`${folder.path}/${key}`, 2 ** 32);
    const asked = Promise.allSettled([1, 2].map(() => verifier.digest(key, 'sha512')));
    await verifier.close();
    expect((await asked).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
