import { request } from 'node:http';
import { withDatabase } from '../../../../../libs/metadata/src/testing/index.js';
import { RunningApi } from '../../testing/running-api.js';

const database = withDatabase();

describe('a body that announces more than S3 takes in one object', () => {
  let api: RunningApi;
  beforeAll(async () => {
    // Nobody listens there: the store is not even asked.
    const store = { STORAGE_DRIVER: 's3', S3_BUCKET: 'blobs', S3_ENDPOINT: 'http://127.0.0.1:1' };
    const credentials = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };
    api = await RunningApi.start({ DATABASE_URL: database.url, ...store, ...credentials });
  });
  afterAll(() => api.stop());

  /** Ten bytes of a body said to have so many; what is answered while the rest is waited for. */
  function announce(method: string, target: string, bytes: number): Promise<{ status: number | undefined; body: unknown }> {
    return new Promise((resolve, reject) => {
      const sent = request(new URL(target, api.url), { method, headers: { 'content-length': bytes } }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          sent.destroy();
          resolve({ status: answer.statusCode, body: JSON.parse(Buffer.concat(chunks).toString()) });
        });
      });
      sent.on('error', reject);
      sent.write(Buffer.alloc(10));
    });
  }

  const uploads = '/v2/acme/app/blobs/uploads/';
  const digest = `sha256:${'0'.repeat(64)}`;
  // A quarter of 64 MiB, ten thousand times.
  const limit = 10_000 * 16 * 2 ** 20;

  it.each([
    ['POST', async () => `${uploads}?digest=${digest}`],
    ['PATCH', async () => (await api.send('POST', uploads, 202)).location],
    ['PUT', async () => `${(await api.send('POST', uploads, 202)).location}?digest=${digest}`],
  ])('is refused with 413 before it has come: %s', async (method, target) => {
    expect(await announce(method, await target(), limit + 1)).toEqual({
      status: 413,
      body: { errors: [expect.objectContaining({ code: 'SIZE_INVALID', detail: { limit } })] },
    });
  });

  it('leaves the session as it was', async () => {
    const { location } = await api.send('POST', uploads, 202);
    expect((await announce('PATCH', location, 2 ** 50)).status).toBe(413);
    await api.send('GET', location, 204);
    await api.send('DELETE', location, 204);
  });
});
