import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeUnfinished, writeOnce } from './durable-file.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'entrepot-file-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

it('writes a file once; who comes later reads what is there', async () => {
  const file = join(folder, 'secret');
  expect(writeOnce(file, 'first', 0o600)).toBe('first');
  expect(writeOnce(file, 'second', 0o600)).toBe('first');
  expect(await readFile(file, 'utf8')).toBe('first');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['secret']);
});

it('removes what was left unfinished, and nothing else', async () => {
  await mkdir(join(folder, 'postgres.new-a1/cluster'), { recursive: true });
  await writeFile(join(folder, 'postgres.password.new-b2'), 'half');
  await writeFile(join(folder, 'postgres.password'), 'whole');
  await mkdir(join(folder, 'postgres'));
  await mkdir(join(folder, 'storage.new-c3'));
  removeUnfinished([join(folder, 'postgres'), join(folder, 'postgres.password')]);
  expect((await readdir(folder)).sort()).toEqual(['postgres', 'postgres.password', 'storage.new-c3']);
});
