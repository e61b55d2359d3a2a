import { randomBytes } from 'node:crypto';
import { anImage } from '../../support/builders.js';
import { digestBytes } from '../../support/content.js';
import type { HttpResponse } from '../../support/http-response.js';
import { eventually } from './eventually.js';
import { Installation } from './installation.js';
import { processOf } from './processes.js';
import { SlowDownload } from './slow-download.js';

describe('when PostgreSQL is killed', () => {
  const large = randomBytes(96 * 1024 * 1024);
  const name = 'faults/postgres';
  let installation: Installation;
  let image: Awaited<ReturnType<Installation['client']['push']>>;
  beforeAll(async () => {
    installation = await Installation.start();
    image = await installation.client.push(name, anImage().tagged('v1'));
    await installation.client.pushBlob(name, large);
  });
  afterAll(() => installation.remove());

  it('every request is answered 503 with Retry-After while it is gone, then the registry recovers without a restart', async () => {
    const { http } = installation.client;
    const api = processOf(installation.running, 'api');
    const supervisor = processOf(installation.running, 'supervisor');
    const download = await SlowDownload.begin(`${installation.running.url}/v2/${name}/blobs/${digestBytes(large)}`);

    // A supervisor that stands still brings nothing up again.
    process.kill(supervisor, 'SIGSTOP');
    try {
      process.kill(processOf(installation.running, 'postgres'), 'SIGKILL');
      await eventually(async () => expect((await http.get(`/v2/${name}/manifests/v1`)).status).toBe(503));
      for (const answer of [
        await http.get(`/v2/${name}/manifests/v1`),
        await http.head(`/v2/${name}/manifests/${image.digest}`),
        await http.get(`/v2/${name}/blobs/${image.digest}`),
        await http.get(`/v2/${name}/tags/list`),
        await http.get('/v2/_catalog'),
        await http.post(`/v2/${name}/blobs/uploads/`),
        await installation.client.putManifest(name, 'v2', image),
        await http.delete(`/v2/${name}/manifests/v1`),
      ]) {
        expectUnavailable(answer);
      }
      expect((await http.get('/health/ready')).status).toBe(503);
      expect((await http.get('/health/live')).status).toBe(200);
      expect(await download.finish()).toBe(digestBytes(large));
    } finally {
      process.kill(supervisor, 'SIGCONT');
    }
    await installation.running.untilReady();
    expect((await http.get(`/v2/${name}/manifests/v1`)).body.equals(image.bytes)).toBe(true);
    await installation.client.push(name, anImage().tagged('v3'));
    expect(processOf(installation.running, 'api')).toBe(api);
  });

  it('under load, clients see good answers and 503s, nothing else, and soon only good ones', async () => {
    const { client } = installation;
    const api = processOf(installation.running, 'api');
    const statuses = new Set<number>();
    let over = false;
    const load = Array.from({ length: 8 }, async (_, at) => {
      while (!over) {
        const answer =
          at % 2 === 0 ? await client.http.get(`/v2/${name}/manifests/v1`) : await client.http.post(`/v2/${name}/blobs/uploads/`);
        statuses.add(answer.status);
        if (answer.status === 503) expectUnavailable(answer);
      }
    });
    try {
      process.kill(processOf(installation.running, 'postgres'), 'SIGKILL');
      await eventually(async () => {
        for (let good = 0; good < 20; good++) expect((await client.http.get(`/v2/${name}/manifests/v1`)).status).toBe(200);
        await client.push(name, anImage().tagged('v4'));
      });
    } finally {
      over = true;
      await Promise.all(load);
    }
    expect([...statuses].filter((status) => ![200, 202, 503].includes(status))).toEqual([]);
    expect(processOf(installation.running, 'api')).toBe(api);
  });

  function expectUnavailable(answer: HttpResponse): void {
    expect(answer.status).toBe(503);
    expect(Number(answer.need('Retry-After'))).toBeGreaterThan(0);
    if (answer.body.length > 0) expect(answer.codes()).toEqual(['UNAVAILABLE']);
  }
});
