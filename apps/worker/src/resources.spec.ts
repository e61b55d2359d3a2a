import { withDatabase } from '../../../libs/metadata/src/testing/index.js';
import { openResources } from './resources.js';
import { Workbench } from './testing/workbench.js';

describe('what a worker opens', () => {
  const database = withDatabase();
  let bench: Workbench;
  beforeEach(async () => void (bench = await Workbench.set(database)));
  afterEach(() => bench.clear());

  it.each([
    ['as VERIFY_THREADS says', { VERIFY_THREADS: '3' }, 3],
    ['where nothing is said', {}, 2],
  ])('re-reads so many objects at once, and one for the scrub: %s', async (_what, settings, threads) => {
    const resources = await openResources(bench.settings(settings), bench.logger);
    expect([resources.verifier.threads, resources.scrubVerifier.threads]).toEqual([threads, 1]);
    await resources.close();
  });
});
