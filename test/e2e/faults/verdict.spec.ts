import { randomBytes } from 'node:crypto';
import { errorCatalog } from '#oci';
import { digestBytes } from '../../support/content.js';
import { targetOf, withQuery } from '../../support/registry.js';
import { eventually } from './eventually.js';
import { Installation } from './installation.js';
import { processOf } from './processes.js';

describe('when the worker stands still', () => {
  let installation: Installation;
  beforeAll(async () => (installation = await Installation.start({ VERIFY_TIMEOUT_SECONDS: '3' })));
  afterAll(() => installation.remove());

  it('a push that needs its verdict answers 503 while no worker has looked; repeating the PUT is enough', async () => {
    const { client } = installation;
    const bytes = randomBytes(100_000);
    const digest = digestBytes(bytes, 'sha512');
    const worker = processOf(installation.running, 'worker');
    // Hashed as sha256 on its way, so that sha512 at the end leaves it to a worker.
    const patched = await client.http.patch(await client.startUpload('faults/verdict'), bytes);
    const closing = withQuery(targetOf(patched), { digest });
    process.kill(worker, 'SIGSTOP');
    try {
      const pending = await client.http.put(closing);
      const { status, code, message } = errorCatalog.verdictPending;
      expect(pending.status).toBe(status);
      expect(pending.json()).toMatchObject({ errors: [{ code, message }] });
      expect(Number(pending.need('Retry-After'))).toBeGreaterThan(0);
      expect(await client.resolve('faults/verdict', 'blobs', digest)).toBeNull();
    } finally {
      process.kill(worker, 'SIGCONT');
    }
    await eventually(async () => expect((await client.http.put(closing)).status).toBe(201));
    expect((await client.http.get(`/v2/faults/verdict/blobs/${digest}`)).body.equals(bytes)).toBe(true);
  });

  it('a push that is cancelled while it waits for its verdict is told so, not asked to repeat', async () => {
    const { client } = installation;
    const bytes = randomBytes(100_000);
    const worker = processOf(installation.running, 'worker');
    const location = targetOf(await client.http.patch(await client.startUpload('faults/verdict'), bytes));
    process.kill(worker, 'SIGSTOP');
    try {
      const closing = client.http.put(withQuery(location, { digest: digestBytes(bytes, 'sha512') }));
      await eventually(async () => expect((await client.http.get(location)).status).toBe(404));
      expect((await client.http.delete(location)).status).toBe(204);
      expect((await closing).codes()).toEqual(['BLOB_UPLOAD_UNKNOWN']);
    } finally {
      process.kill(worker, 'SIGCONT');
    }
  });
});
