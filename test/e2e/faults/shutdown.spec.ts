import { randomBytes } from 'node:crypto';
import { digestBytes } from '../../support/content.js';
import { eventually } from './eventually.js';
import { Installation } from './installation.js';

describe('SIGTERM', () => {
  let installation: Installation;
  beforeAll(async () => (installation = await Installation.start({ SHUTDOWN_GRACE_SECONDS: '20' })));
  afterAll(() => installation.remove());

  it('lets an upload in flight finish, takes no new ones, and ends with code 0', async () => {
    const bytes = randomBytes(8 * 1024 * 1024);
    const digest = digestBytes(bytes);
    const { http } = installation.client;
    const headers = { 'Content-Length': String(bytes.length), 'Content-Type': 'application/octet-stream', Expect: '100-continue' };
    const upload = await http.open('POST', `/v2/faults/drain/blobs/uploads/?digest=${digest}`, headers);
    await upload.continued;
    await upload.write(bytes.subarray(0, bytes.length / 2));

    installation.running.child.kill('SIGTERM');
    await eventually(() => expect(http.get('/v2/')).rejects.toThrow());
    await upload.write(bytes.subarray(bytes.length / 2));
    expect((await upload.response).status).toBe(201);
    expect(await installation.running.stop()).toBe(0);

    await installation.start();
    expect((await http.get(`/v2/faults/drain/blobs/${digest}`)).body.equals(bytes)).toBe(true);
  });

  it('does not wait for a client that never finishes longer than SHUTDOWN_GRACE_SECONDS', async () => {
    await installation.restart({ SHUTDOWN_GRACE_SECONDS: '1' });
    const upload = await installation.client.http.open('POST', '/v2/faults/drain/blobs/uploads/', { 'Content-Length': '1000' });
    await upload.write(Buffer.alloc(10));
    const begun = Date.now();
    await installation.running.stop();
    expect(Date.now() - begun).toBeLessThan(10_000);
    await installation.start();
  });
});
