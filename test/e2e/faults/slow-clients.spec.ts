import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { anImage } from '../../support/builders.js';
import { digestBytes } from '../../support/content.js';
import { Installation } from './installation.js';
import { SlowDownload } from './slow-download.js';

const count = Number(process.env['SLOW_CLIENTS'] ?? 200);

describe(`${count} clients that have stopped talking`, () => {
  const name = 'faults/slow';
  const large = randomBytes(8 * 1024 * 1024);
  const idleSeconds = 5;
  let installation: Installation;
  beforeAll(async () => {
    installation = await Installation.start({ IDLE_TIMEOUT_SECONDS: String(idleSeconds) });
    await installation.client.pushBlob(name, large);
  });
  afterAll(() => installation.remove());

  it('do not stop others, and are let go', async () => {
    const silent = await Promise.all(Array.from({ length: count }, (_, at) => halfARequest(at)));
    const gone = silent.map((socket) => once(socket, 'close'));
    const blob = `${installation.running.url}/v2/${name}/blobs/${digestBytes(large)}`;
    const downloads = await Promise.all(Array.from({ length: Math.ceil(count / 10) }, () => SlowDownload.begin(blob)));

    for (let round = 0; round < 10; round++) {
      const begun = Date.now();
      const image = await installation.client.push(name, anImage().withLayers(2, 300_000).tagged(`v${round}`));
      expect(await installation.client.resolve(name, 'manifests', `v${round}`)).toBe(image.digest);
      expect(Date.now() - begun).toBeLessThan(3_000);
    }
    await Promise.all(gone);
    for (const download of downloads) download.abandon();
    expect((await installation.client.http.get('/v2/')).status).toBe(200);
  });

  /** By turns: half of a head, a body that stops after its first bytes, and a chunked one. */
  async function halfARequest(at: number): Promise<Socket> {
    const { hostname, port } = new URL(installation.running.url);
    const socket = connect({ host: hostname, port: Number(port) });
    // The server may end it with a reset.
    socket.on('error', () => undefined).resume();
    await once(socket, 'connect');
    const head = `POST /v2/${name}/blobs/uploads/?digest=${digestBytes(large)} HTTP/1.1\r\nHost: ${hostname}\r\n`;
    const rest = ['', `Content-Length: ${large.length}\r\n\r\nabc`, 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'];
    socket.write(head + rest[at % rest.length]);
    return socket;
  }
});
