import { jest } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mediaTypes, RegistryError } from '#oci';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { RunningApi } from '../testing/running-api.js';
import { DiskGuard } from './disk-guard.js';

const MiB = 2 ** 20;

describe('DiskGuard', () => {
  let free: Record<string, number | null>;
  let guard: DiskGuard;
  beforeEach(() => {
    jest.useFakeTimers();
    free = { storage: 1_000 * MiB, '/data': 1_000 * MiB, '/elsewhere': 1_000 * MiB };
    guard = new DiskGuard(
      { freeBytes: async () => free['storage'] ?? null },
      { minFreeBytes: 100 * MiB, folders: ['/data', '/elsewhere'] },
      async (folder) => free[folder] ?? null,
    );
  });
  afterEach(() => void jest.useRealTimers());

  const later = () => jest.advanceTimersByTime(1_001);
  const full = (freeMiB: number) => ({ kind: 'storageFull', detail: { freeMiB } });

  it.each(['storage', '/data', '/elsewhere'])('refuses while %s is nearly full, and no longer', async (disk) => {
    await guard.assertRoom();
    free[disk] = 100 * MiB - 1;
    later();
    await expect(guard.assertRoom()).rejects.toMatchObject(full(99));
    free[disk] = 100 * MiB;
    later();
    await guard.assertRoom();
  });

  it('looks at most once a second', async () => {
    await guard.assertRoom();
    free['storage'] = 0;
    await guard.assertRoom();
    later();
    await expect(guard.assertRoom()).rejects.toThrow(RegistryError);
  });

  it('counts what is to come where it will be stored, and nowhere else', async () => {
    free['/data'] = 100 * MiB;
    await guard.assertRoom(900 * MiB);
    await expect(guard.assertRoom(900 * MiB + 1)).rejects.toMatchObject(full(100));
    free['storage'] = null;
    later();
    await guard.assertRoom(2 ** 50);
  });

  it('minds no folder that does not exist', async () => {
    free['/data'] = free['/elsewhere'] = null;
    await guard.assertRoom();
  });

  it('ends a body in its middle where the disk becomes nearly full', async () => {
    let passed = 0;
    async function* body() {
      for (let chunk = 0; chunk < 64; chunk += 1) {
        if (chunk === 32) free['storage'] = 10 * MiB;
        later();
        yield new Uint8Array(MiB);
      }
    }
    const receive = async () => {
      for await (const chunk of guard.watching(body())) passed += chunk.length;
    };
    await expect(receive()).rejects.toMatchObject(full(10));
    // Looked at after each 16 MiB; what made it look is not let through.
    expect(passed).toBe(47 * MiB);
  });
});

describe('an api whose disk is nearly full', () => {
  const database = withDatabase();
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'entrepot-disk-'))));
  afterEach(() => rm(folder, { recursive: true }));

  // A file system that never has a byte free.
  const fullDisk = '/proc';
  const storage = () => ({ STORAGE_DRIVER: 'filesystem', STORAGE_ROOT: join(folder, 'storage') });

  it.each([
    ['that of DATA_DIR', async () => ({ DATA_DIR: fullDisk, ...storage() })],
    [
      'that of a database kept elsewhere',
      async () => {
        await writeFile(join(folder, 'postgres.location'), `${fullDisk}\n`);
        return { DATA_DIR: folder, ...storage() };
      },
    ],
  ])('refuses uploads and manifests, and serves the rest: %s', async (_which, settings) => {
    const api = await RunningApi.start({ DATABASE_URL: database.url, MIN_FREE_MIB: '1', ...(await settings()) });
    const type = mediaTypes.ociManifest;
    const refusals = [
      ['POST', '/v2/acme/app/blobs/uploads/'],
      ['PUT', '/v2/acme/app/manifests/v1', { body: Buffer.from('{}'), type }],
    ] as const;
    for (const [method, target, what] of refusals) await api.send(method, target, 503, what);
    await api.send('GET', '/v2/_catalog', 200);
    await api.stop();
  });

  it('is told from one that has room', async () => {
    const settings = { DATABASE_URL: database.url, MIN_FREE_MIB: '1', DATA_DIR: folder, ...storage() };
    const api = await RunningApi.start(settings);
    await api.send('POST', '/v2/acme/app/blobs/uploads/', 202);
    await api.send('PUT', '/v2/acme/app/manifests/v1', 400, { body: Buffer.from('{}'), type: mediaTypes.ociManifest });
    await api.stop();
  });
});
