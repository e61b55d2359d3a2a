import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings, StartError } from '#platform';
import { checkFolders, checkNode, checkPort, checkSystem } from './preflight.js';

it.each(['18.20.0', '20.20.2', '23.1.0'])('refuses Node %s', (version) => {
  expect(() => checkNode(version)).toThrow(new StartError(`Node 24 or newer is needed, this is ${version}: use npm start`));
});

it('accepts newer versions of Node', () => {
  expect(() => checkNode('24.0.0')).not.toThrow();
  expect(() => checkNode('26.1.0')).not.toThrow();
});

it('allows several api processes only where the system spreads connections over them', () => {
  const settings = loadSettings({ API_PROCESSES: '2' });
  expect(() => checkSystem(settings, 'linux')).not.toThrow();
  expect(() => checkSystem(settings, 'darwin')).toThrow('API_PROCESSES 2 needs Linux');
  expect(() => checkSystem(loadSettings({}), 'darwin')).not.toThrow();
});

describe('checkPort', () => {
  let taken: Server;
  let port: number;

  beforeEach(async () => {
    taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    ({ port } = taken.address() as AddressInfo);
  });

  afterEach(() => new Promise((resolve) => taken.close(resolve)));

  it('names a port that is taken, also when its owner would share it', async () => {
    await expect(checkPort(loadSettings({ PORT: String(port) }))).rejects.toThrow(`PORT ${port} on 127.0.0.1 is taken by another process`);
  });

  it('names an address that is not ours', async () => {
    await expect(checkPort(loadSettings({ PORT: '0', HOST: '192.0.2.1' }))).rejects.toThrow(
      'HOST 192.0.2.1 is not an address of this machine',
    );
  });

  it('answers the number that the system chose, and leaves it free', async () => {
    const found = await checkPort(loadSettings({ PORT: '0' }));
    expect(found).toBeGreaterThan(0);
    expect(await checkPort(loadSettings({ PORT: String(found) }))).toBe(found);
  });
});

describe('checkFolders', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'entrepot-supervisor-'));
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('creates what is missing', () => {
    expect(() => checkFolders(loadSettings({ DATA_DIR: join(folder, 'a/b') }))).not.toThrow();
  });

  it('names a folder that cannot be written to', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(() => checkFolders(loadSettings({ DATA_DIR: join(folder, 'file/data') }))).toThrow(
      `DATA_DIR ${join(folder, 'file/data')} is not writable (ENOTDIR)`,
    );
    expect(() => checkFolders(loadSettings({ DATA_DIR: folder, STORAGE_ROOT: '/dev/null/blobs' }))).toThrow(
      'STORAGE_ROOT /dev/null/blobs is not writable',
    );
    expect(() => checkFolders(loadSettings({ DATA_DIR: '/proc/entrepot/data' }))).toThrow('DATA_DIR /proc/entrepot/data is not writable');
  });
});
