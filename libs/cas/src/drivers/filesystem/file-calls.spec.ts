import { randomBytes, randomUUID } from 'node:crypto';
import * as files from 'node:fs';
import * as promises from 'node:fs/promises';
import { jest } from '@jest/globals';
import { BufferBudget } from '../../buffers/buffer-budget.js';
import { inChunks, temporaryFolder, type TemporaryFolder } from '../../testing/index.js';
import { RecordedFiles, type FileCall } from '../../testing/recorded-files.js';
import type { FilesystemDriver } from './filesystem-driver.js';

const { O_ACCMODE, O_RDONLY, O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DSYNC } = { O_ACCMODE: 3, ...files.constants };

/** What one machine may ask of a folder that others use too: see docs/deploy.md, "A shared file system". */
describe('FilesystemDriver, as a shared file system sees it', () => {
  const recorded = new RecordedFiles();
  const { calls } = recorded;
  let folder: TemporaryFolder;
  let drivers: FilesystemDriver[];
  let joined: string;

  beforeAll(async () => {
    jest.unstable_mockModule('node:fs', () => recorded.wrapCallbacks(files));
    jest.unstable_mockModule('node:fs/promises', () => recorded.wrap(promises));
    const { FilesystemDriver: Recorded } = await import('./filesystem-driver.js');
    folder = await temporaryFolder();
    const replica = () => new Recorded({ root: `${folder.path}/storage`, buffers: new BufferBudget({ bytes: 8 * 1024 * 1024 }) });
    drivers = [replica(), replica(), replica()];
    joined = `${folder.path}/storage/${await everythingOnThree(drivers)}`;
  });
  afterAll(() => folder.remove());

  const opened = (): FileCall[] => calls.filter(({ name }) => name === 'open');
  const flagsOf = ({ args }: FileCall): number => Number(args[0]);
  const forWriting = (call: FileCall): boolean => (flagsOf(call) & O_ACCMODE) !== O_RDONLY;
  const askedOf = ({ opening }: FileCall): string[] => calls.filter((call) => call.opening === opening).map(({ name }) => name);

  it('renames, links, copies and locks nothing', () => {
    const asked = new Set(calls.map(({ name }) => name));
    const onPaths = ['mkdir', 'open', 'opendir', 'readdir', 'stat', 'statfs', 'unlink'];
    const onDescriptors = ['close', 'fdatasync', 'fstat', 'fsync', 'ftruncate', 'read', 'writev'];
    expect([...asked].sort()).toEqual([...onPaths, ...onDescriptors].sort());
  });

  it('never opens a file so that what is in it goes, or moves', () => {
    for (const call of opened()) expect(flagsOf(call) & (O_TRUNC | O_APPEND)).toBe(0);
  });

  it('makes each file once, under its last name, and fails where there is one; but for a join, which writes the same bytes again', () => {
    const makes = opened().filter((call) => (flagsOf(call) & O_CREAT) !== 0);
    const made = makes.filter((call) => (flagsOf(call) & O_EXCL) !== 0).map(({ path }) => path);
    expect(made.length).toBeGreaterThan(3);
    expect(new Set(made).size).toBe(made.length);
    // Of an upload that is closed more may lie there than was recorded: its own file is cut.
    for (const { path } of makes) expect([...made, joined]).toContain(path);
    expect(made).not.toContain(joined);
  });

  it('flushes what it has written, and closes it, before anybody is told', () => {
    const written = opened().filter((call) => forWriting(call) && askedOf(call).includes('writev'));
    expect(written.length).toBeGreaterThan(5);
    const byItself = (call: FileCall) => (flagsOf(call) & O_DSYNC) !== 0;
    expect(written.filter(byItself)).toHaveLength(process.platform === 'linux' ? 1 : 0);
    for (const call of written) {
      const asked = askedOf(call);
      if (byItself(call)) expect(asked).toEqual(['open', 'writev', 'close']);
      else expect(asked.lastIndexOf('fdatasync')).toBeGreaterThan(asked.lastIndexOf('writev'));
      expect(asked.at(-1)).toBe('close');
    }
  });

  it('keeps nothing open once it is closed', () => {
    for (const call of opened()) expect([call.path, askedOf(call).at(-1)]).toEqual([call.path, 'close']);
  });

  it('makes the name of a new file durable: its folder is flushed after it was made', () => {
    for (const call of opened().filter((one) => (flagsOf(one) & O_CREAT) !== 0)) {
      const parent = call.path.slice(0, call.path.lastIndexOf('/'));
      const later = calls.slice(calls.indexOf(call));
      expect(later.some(({ name, path }) => name === 'fsync' && path === parent)).toBe(true);
    }
  });
});

/** An upload that goes on in its file, one that is taken over twice and joined, one of which more lies there than was recorded; reads, a list, deletions. Answers the key of the join. */
async function everythingOnThree([one, two, three]: FilesystemDriver[]): Promise<string> {
  const handedOn = await two!.append(
    await one!.append(one!.begin(randomUUID()), inChunks(randomBytes(700_000))),
    inChunks(randomBytes(10_000)),
  );
  const whole = await three!.commit(handedOn);
  const first = await one!.append(one!.begin(randomUUID()), inChunks(randomBytes(300_000)));
  const second = await two!.append(two!.takeOver(first), inChunks(randomBytes(300_000)));
  const third = await three!.append(three!.takeOver(second), inChunks(randomBytes(300_000)));
  const object = await one!.commit(third);
  await one!.delete(one!.leftovers(third, object.key));
  const lost = await one!.append(one!.begin(randomUUID()), inChunks(randomBytes(1_000)), { expectedBytes: 1_000 });
  await one!.append(lost, inChunks(randomBytes(1_000)));
  await two!.append(lost, inChunks(randomBytes(500)));
  const { key } = await three!.commit(lost);
  for await (const chunk of (await two!.read(object.key))!) expect(chunk.length).toBeGreaterThan(0);
  expect(await three!.stat(whole.key)).toMatchObject({ size: 710_000 });
  const listed: string[] = [];
  for await (const { key: found } of one!.list('')) listed.push(found);
  expect(listed.sort()).toEqual([whole.key, object.key, key].sort());
  expect(await two!.freeBytes()).toBeGreaterThan(0);
  await three!.delete(listed);
  for (const driver of [one!, two!, three!]) await driver.close();
  return object.key;
}
