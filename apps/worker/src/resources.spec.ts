import { BufferBudget, S3Driver } from '#cas';
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

  it.each(['16', '512'])('holds as much of an upload as an api with UPLOAD_BUFFER_MIB=%s', async (mebibytes) => {
    const env = { STORAGE_DRIVER: 's3', S3_BUCKET: 'blobs', S3_ENDPOINT: 'http://127.0.0.1:1', UPLOAD_BUFFER_MIB: mebibytes };
    const resources = await openResources(bench.settings(env), bench.logger);
    const buffers = new BufferBudget({ bytes: Number(mebibytes) * 1_048_576 });
    const api = new S3Driver({ settings: { driver: 's3', bucket: 'blobs', region: 'us-east-1', prefix: '' }, buffers });
    expect((resources.driver as S3Driver).largestBlobBytes).toBe(api.largestBlobBytes);
    await Promise.all([resources.close(), api.close()]);
  });
});
