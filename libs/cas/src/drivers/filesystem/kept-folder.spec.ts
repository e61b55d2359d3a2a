import { jest } from '@jest/globals';
import { temporaryFolder, type TemporaryFolder } from '../../testing/index.js';
import { KeptFolder } from './kept-folder.js';
import { OpenFile } from './open-file.js';

describe('KeptFolder', () => {
  let folder: TemporaryFolder;
  let kept: KeptFolder;
  /** Flushes that have begun, each ended by hand. */
  let flushes: PromiseWithResolvers<void>[];
  const begun = async (count: number) => {
    while (flushes.length < count) await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(flushes).toHaveLength(count);
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
    kept = new KeptFolder(folder.path);
    flushes = [];
    jest.spyOn(OpenFile.prototype, 'sync').mockImplementation(() => {
      const flush = Promise.withResolvers<void>();
      flushes.push(flush);
      return flush.promise;
    });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    kept.retire();
    await folder.remove();
  });

  it('flushes once for all who ask while a flush is under way, and not before that has ended', async () => {
    const ended: string[] = [];
    const asked = ['first', 'second', 'third', 'fourth'].map(async (who, i) => {
      if (i > 0) await begun(1);
      await kept.sync();
      ended.push(who);
    });
    await begun(1);
    flushes[0]!.resolve();
    await begun(2);
    expect(ended).toEqual(['first']);
    flushes[1]!.resolve();
    await Promise.all(asked);
    expect(flushes).toHaveLength(2);
  });

  it('tells all who share a flush that it failed, and nobody else', async () => {
    const first = kept.sync();
    await begun(1);
    const [second, third] = [kept.sync(), kept.sync()];
    flushes[0]!.resolve();
    await begun(2);
    const outcomes = Promise.allSettled([first, second, third, kept.sync()]);
    flushes[1]!.reject(new Error('EIO'));
    await begun(3);
    flushes[2]!.resolve();
    expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  });

  it('is closed once nobody flushes it any more', async () => {
    const closed = jest.spyOn(OpenFile.prototype, 'close');
    const [first, second] = [kept.sync(), begun(1).then(() => kept.sync())];
    await begun(1);
    kept.retire();
    expect(closed).not.toHaveBeenCalled();
    flushes[0]!.resolve();
    await begun(2);
    flushes[1]!.resolve();
    await Promise.all([first, second]);
    await new Promise(setImmediate);
    expect(closed).toHaveBeenCalledTimes(2);
  });
});
