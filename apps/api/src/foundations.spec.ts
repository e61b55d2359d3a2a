import { createLogger, loadSettings } from '#platform';
import { openFoundations } from './foundations.js';

const nobody = 'postgres://nobody@127.0.0.1:1/none';
const s3 = { STORAGE_DRIVER: 's3', S3_BUCKET: 'blobs', S3_ENDPOINT: 'http://127.0.0.1:1', UPLOAD_BUFFER_MIB: '64' };

/** What is logged of the largest blob by an api with these settings. */
async function logged(environment: Readonly<Record<string, string>>): Promise<unknown[]> {
  const lines: string[] = [];
  const logger = createLogger({ process: 'api', destination: { write: (line: string) => lines.push(line) } });
  await openFoundations(loadSettings(environment), nobody, logger).close();
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return entries.filter(({ msg }) => msg === 'largest blob that storage takes').map(({ largestBlobBytes }) => largestBlobBytes);
}

it.each([
  ['a thousand parts of 8 MiB and nine thousand of 16', {}, (1_000 * 8 + 9_000 * 16) * 2 ** 20],
  ['ten thousand parts of one size', { S3_EQUAL_PARTS: 'true' }, 10_000 * 8 * 2 ** 20],
  ['larger with more memory', { UPLOAD_BUFFER_MIB: '256' }, (1_000 * (8 + 16 + 32) + 7_000 * 64) * 2 ** 20],
])('says how large a blob on S3 may be: %s', async (_what, settings, bytes) => {
  expect(await logged({ ...s3, ...settings })).toEqual([bytes]);
});

it('says nothing of the kind where files have no limit', async () => {
  expect(await logged({ STORAGE_DRIVER: 'filesystem', STORAGE_ROOT: '/nowhere' })).toEqual([]);
});
