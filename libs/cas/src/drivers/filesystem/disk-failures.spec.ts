import { jest } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BufferBudget } from '../../buffers/buffer-budget.js';
import { ReadBuffers } from '../../buffers/read-buffers.js';
import { StorageError } from '../../storage-error.js';
import { objectKey } from '../../storage-keys.js';
import { beginUpload, inChunks, listAll, readAll, store, temporaryFolder, type TemporaryFolder } from '../../testing/index.js';
import { UploadLostError } from '../../upload-errors.js';
import { onDisk } from './disk-errors.js';
import { FilesystemDriver } from './filesystem-driver.js';
import { Folders } from './folders.js';

describe('FilesystemDriver on a disk that fails', () => {
  let folder: TemporaryFolder;
  let driver: FilesystemDriver;
  const buffers = new BufferBudget({ bytes: 8 * 1024 * 1024 });
  const readBuffers = new ReadBuffers({ bytes: 4 * 1024 * 1024 });
  const pathOf = (key: string) => join(folder.path, key);

  beforeEach(async () => {
    folder = await temporaryFolder();
    driver = new FilesystemDriver({ root: folder.path, buffers, readBuffers });
  });
  afterEach(async () => {
    await folder.remove();
    expect(buffers.free).toBe(buffers.bytes);
    expect(readBuffers.lent).toBe(0);
  });

  it('says so when the disk is full', async () => {
    const refused = onDisk('write', () => writeFile('/dev/full', randomBytes(3_000_000)));
    await expect(refused).rejects.toMatchObject({ name: 'StorageError', full: true });
  });

  it.each([4, undefined])(
    'keeps out of a file that somebody else has begun for the same upload (%p bytes announced)',
    async (expectedBytes) => {
      const id = randomUUID();
      await mkdir(dirname(pathOf(objectKey(id))), { recursive: true });
      await writeFile(pathOf(objectKey(id)), 'theirs');
      const upload = await driver.append(driver.begin(id), inChunks(Buffer.from('ours')), { expectedBytes });
      expect(driver.needsJoin(upload)).toBe(false);
      const { key } = await driver.commit(upload);
      expect((await readAll(driver, key)).toString()).toBe('ours');
      expect(driver.leftovers(upload, key)).toEqual([objectKey(id)]);
    },
  );

  it.each([900, 1_000, 1_100])(
    'keeps all that comes of a small body, whether more or less was announced than 1,000 bytes: %i',
    async (expectedBytes) => {
      const bytes = randomBytes(1_000);
      const upload = await driver.append(beginUpload(driver), inChunks(bytes), { expectedBytes });
      const { key, size } = await driver.commit(upload);
      expect(size).toBe(1_000);
      expect((await readAll(driver, key)).equals(bytes)).toBe(true);
    },
  );

  it('takes no small body whose name cannot be made durable', async () => {
    const refused = jest
      .spyOn(Folders.prototype, 'syncName')
      .mockRejectedValue(Object.assign(new Error('gone'), { syscall: 'fsync', code: 'EIO' }));
    const append = driver.append(beginUpload(driver), inChunks(randomBytes(1_000)), { expectedBytes: 1_000 });
    await expect(append).rejects.toMatchObject({ name: 'StorageError', message: 'cannot flush: EIO' });
    refused.mockRestore();
  });

  it('says so when its folder is none', async () => {
    await writeFile(join(folder.path, 'blobs'), '');
    await expect(store(driver, randomBytes(10))).rejects.toMatchObject({ name: 'StorageError', full: false });
    await expect(driver.read(objectKey())).rejects.toThrow(StorageError);
    await expect(driver.delete([objectKey()])).rejects.toThrow(StorageError);
    await rm(join(folder.path, 'blobs'));
    await store(driver, randomBytes(10));
  });

  it.each([10_000, 900_000, 5_000_000])('never ends short of what was asked of a truncated object of %i bytes', async (size) => {
    const bytes = randomBytes(size);
    const { key } = await store(driver, bytes);
    await truncate(pathOf(key), size - 1);
    await expect(readAll(driver, key, { start: 0, end: size - 1 })).rejects.toThrow(StorageError);
    expect((await readAll(driver, key, { start: 0, end: size - 2 })).equals(bytes.subarray(0, size - 1))).toBe(true);
  });

  it('neither goes on with nor commits an upload whose file has lost durable bytes', async () => {
    const id = randomUUID();
    const upload = await driver.append(driver.begin(id), inChunks(randomBytes(100_000)));
    await truncate(pathOf(objectKey(id)), 99_999);
    await expect(driver.append(upload, inChunks(randomBytes(10)))).rejects.toThrow(StorageError);
    await expect(driver.commit(upload)).rejects.toThrow(StorageError);
    await rm(pathOf(objectKey(id)));
    await expect(driver.append(upload, inChunks(randomBytes(10)))).rejects.toThrow(UploadLostError);
    await expect(driver.commit(upload)).rejects.toThrow(UploadLostError);
  });

  it('does a join over again that a crash cut short', async () => {
    const bodies = [randomBytes(200_000), randomBytes(300_000)];
    const first = await driver.append(beginUpload(driver), inChunks(bodies[0]!));
    const upload = await driver.append(driver.takeOver(first), inChunks(bodies[1]!));
    expect(driver.needsJoin(upload)).toBe(true);
    const joinPath = pathOf(upload.joinKey as string);
    await mkdir(dirname(joinPath), { recursive: true });
    await writeFile(joinPath, randomBytes(123_456));
    const { key } = await driver.commit(upload);
    expect((await readAll(driver, key)).equals(Buffer.concat(bodies))).toBe(true);
    await driver.delete(driver.leftovers(upload, key));
    expect(await listAll(driver, '')).toHaveLength(1);
  });

  it('does not take a piece that was lost for one that was joined', async () => {
    const first = await driver.append(beginUpload(driver), inChunks(randomBytes(10)));
    const upload = await driver.append(driver.takeOver(first), inChunks(randomBytes(10)));
    const [{ key }] = first.pieces as unknown as [{ key: string }];
    await rm(pathOf(key));
    await expect(driver.commit(upload)).rejects.toThrow(UploadLostError);
  });

  it('passes over files that are not its own', async () => {
    const { key } = await store(driver, randomBytes(10));
    await writeFile(join(dirname(pathOf(key)), 'notes.txt'), '');
    await mkdir(join(folder.path, 'blobs/lost+found'));
    await mkdir(pathOf(objectKey()), { recursive: true });
    expect((await listAll(driver, '')).map((object) => object.key)).toEqual([key]);
  });

  it('writes under the final key from the first byte', async () => {
    const id = randomUUID();
    await driver.append(driver.begin(id), inChunks(randomBytes(10)));
    expect((await stat(pathOf(objectKey(id)))).size).toBe(10);
  });
});
