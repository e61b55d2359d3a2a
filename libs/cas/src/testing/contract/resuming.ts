import { randomBytes } from 'node:crypto';
import type { StorageDriver, UploadState } from '../../storage-driver.js';
import { ControlledSource, inChunks } from '../controlled-source.js';
import { beginUpload, listAll, readAll, throughJson } from '../driver-harness.js';
import type { OpenDriver } from '../driver-harness.js';

const said = (text: string) => inChunks(Buffer.from(text));

/** Uploads that change hands: by a clean hand-over, after a crash, and while the old writer is still at work. */
export function describeResuming(open: OpenDriver): void {
  it('goes on in another process from a state that was JSON', async () => {
    const bodies = [100_000, 1, 700_000].map((size) => randomBytes(size));
    let upload = throughJson(beginUpload(open()));
    for (const body of bodies) upload = throughJson(await open().append(upload, inChunks(body)));
    const { key } = await open().commit(upload);
    expect((await readAll(open(), key)).equals(Buffer.concat(bodies))).toBe(true);
  });

  it.each(['', 'recorded '])('drops bytes beyond the durable offset when resumed at %p', async (recorded) => {
    const upload = await open().append(beginUpload(open()), said(recorded));
    await open().append(upload, said('stored, but its answer was lost'));
    const { key } = await open().commit(await open().append(upload, said('resumed')));
    expect((await readAll(open(), key)).toString()).toBe(`${recorded}resumed`);
  });

  it.each(['', 'recorded'])('drops bytes beyond the durable offset when committed at %p', async (recorded) => {
    const upload = await open().append(beginUpload(open()), said(recorded));
    await open().append(upload, said('stored, but its answer was lost'));
    const object = await open().commit(upload);
    expect((await readAll(open(), object.key)).toString()).toBe(recorded);
    expect((await open().stat(object.key))?.size).toBe(recorded.length);
  });

  it('is not changed by an old writer who goes on after a take-over', async () => {
    const { upload, oldWriter } = await twoWriters(open(), said('first '));
    const taken = await open().append(throughJson(open().takeOver(upload)), said('new'));
    const object = await open().commit(taken);
    await oldWriter();
    expect((await readAll(open(), object.key)).toString()).toBe('first new');
    expect((await open().stat(object.key))?.size).toBe(9);
  });

  it('is not changed by an old writer where the new one had nothing to add', async () => {
    const { upload, oldWriter } = await twoWriters(open(), said('first'));
    const object = await open().commit(open().takeOver(upload));
    await oldWriter();
    expect((await readAll(open(), object.key)).toString()).toBe('first');
  });

  it('is not changed by an old writer who had recorded nothing', async () => {
    const { upload, oldWriter } = await twoWriters(open(), said(''));
    const object = await open().commit(await open().append(open().takeOver(upload), said('new')));
    await oldWriter();
    expect((await readAll(open(), object.key)).toString()).toBe('new');
  });

  it('removes nothing by a commit: whose commit counts is not for storage to say', async () => {
    const upload = await open().append(beginUpload(open()), said('first '));
    const [one, other] = [throughJson(upload), await open().append(open().takeOver(upload), said('second'))];
    const object = await open().commit(other);
    expect((await readAll(open(), object.key)).toString()).toBe('first second');
    expect((await readAll(open(), (await open().commit(one)).key)).toString()).toBe('first ');
  });

  it('joins what several take-overs left, and a repeated commit answers the same', async () => {
    const bodies = [300_000, 1, 0, 2_000_000].map((size) => randomBytes(size));
    let upload = beginUpload(open());
    for (const body of bodies) upload = throughJson(await open().append(open().takeOver(upload), inChunks(body)));
    const commitAndClear = async () => {
      const object = await open().commit(upload);
      await open().delete(open().leftovers(upload, object.key));
      return object;
    };
    // Side by side, a little apart, so that some find the pieces gone in their middle; and once more when all is done.
    const [object, ...others] = await Promise.all(Array.from({ length: 40 }, (_, i) => turns(i).then(commitAndClear)));
    for (const again of [...others, await commitAndClear()]) expect(again).toMatchObject({ key: object!.key, size: upload.offset });
    expect((await readAll(open(), object!.key)).equals(Buffer.concat(bodies))).toBe(true);
    expect((await listAll(open(), '')).map(({ key }) => key)).toEqual([object!.key]);
  });
}

/** Lets the event loop go round that many times. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** An upload with one recorded body, and a writer in the middle of the next; `oldWriter` lets that one finish. */
async function twoWriters(
  driver: StorageDriver,
  first: AsyncIterable<Uint8Array>,
): Promise<{ upload: UploadState; oldWriter: () => Promise<void> }> {
  const upload = await driver.append(beginUpload(driver), first);
  const source = new ControlledSource();
  // Whether it fails or ends in nothing is the driver's choice.
  const old = driver.append(upload, source).catch(() => upload);
  await source.give(Buffer.from('OLD '));
  const oldWriter = async () => {
    void source.give(randomBytes(300_000));
    source.end();
    await old;
  };
  return { upload, oldWriter };
}
