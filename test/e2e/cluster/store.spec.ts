import { randomBytes } from 'node:crypto';
import { anImage } from '../../support/builders.js';
import { Cluster } from '../../support/cluster/cluster.js';
import { digestBytes, type Content } from '../../support/content.js';
import { Registry, withQuery } from '../../support/registry.js';
import type { FaultRule, StoreFaultProxy } from '../../support/store-fault-proxy.js';
import { describeWith } from '../fixture/clients.js';

describeWith(['redis-server', 'radosgw'], 'object storage that fails under two replicas', () => {
  const name = 'cluster/store';
  let cluster: Cluster;
  let clients: Registry[];
  let proxy: StoreFaultProxy;
  let image: Content;
  beforeAll(async () => {
    cluster = await Cluster.start({ storage: 's3', replicas: 2, workers: 1, balancer: false, faults: true });
    clients = cluster.replicas.map(({ url }) => new Registry(url));
    proxy = cluster.proxies!.store!;
    image = await clients[0]!.push(name, anImage().withLayers(1, 300_000).tagged('v1'));
  });
  afterAll(() => cluster?.stop());
  afterEach(() => proxy.mend());

  const pushBlob = (client: Registry, bytes: Buffer) =>
    client.http.post(withQuery(`/v2/${name}/blobs/uploads/`, { digest: digestBytes(bytes) }), bytes);

  /** What needs storage is refused for a while, what doesn't is not, and the replica stays in service. */
  async function expectUnavailable(withinMs: number): Promise<void> {
    const layer = digestBytes(image.blobs[1]!);
    const ask = async (client: Registry) => {
      const begun = performance.now();
      for (const answer of await Promise.all([pushBlob(client, randomBytes(50_000)), client.http.get(`/v2/${name}/blobs/${layer}`)]))
        expect([answer.status, answer.header('Retry-After'), answer.codes()]).toEqual([503, '5', ['UNAVAILABLE']]);
      expect(performance.now() - begun).toBeLessThan(withinMs);
      expect((await client.http.get(`/v2/${name}/manifests/v1`)).body.equals(image.bytes)).toBe(true);
      expect((await client.http.head(`/v2/${name}/blobs/${layer}`)).status).toBe(200);
    };
    await Promise.all(clients.map(ask));
    expect(await Promise.all(cluster.replicas.map((replica) => replica.readiness()))).toEqual([200, 200]);
  }

  async function expectRecovery(): Promise<void> {
    proxy.mend();
    for (const client of clients) {
      for (const size of [1_000, 20_000_000]) {
        const bytes = randomBytes(size);
        expect((await pushBlob(client, bytes)).status).toBe(201);
        expect((await client.http.get(`/v2/${name}/blobs/${digestBytes(bytes)}`)).body.equals(bytes)).toBe(true);
      }
    }
  }

  it.each<[string, FaultRule]>([
    ['every third request is told to slow down', everyThird({ status: 503, code: 'SlowDown' })],
    ['every third request is answered with an internal error', everyThird({ status: 500, code: 'InternalError' })],
    ['every third connection is cut', everyThird('cut')],
  ])('%s: pushes and pulls succeed', async (_fault, rule) => {
    proxy.fail(rule);
    const bytes = [1_000, 30_000_000].map((size) => randomBytes(size));
    for (const blob of bytes) {
      expect((await pushBlob(clients[0]!, blob)).status).toBe(201);
      expect((await clients[1]!.http.get(`/v2/${name}/blobs/${digestBytes(blob)}`)).body.equals(blob)).toBe(true);
    }
  });

  it.each<[string, FaultRule]>([
    ['internal errors only', () => ({ status: 500, code: 'InternalError' })],
    ['slow down, always', () => ({ status: 503, code: 'SlowDown' })],
    ['every connection is cut', () => 'cut'],
  ])('%s: a clear 503, then recovery without a restart', async (_fault, rule) => {
    proxy.fail(rule);
    await expectUnavailable(20_000);
    await expectRecovery();
  });

  it('nothing is answered at all: a clear 503 in bounded time, and no connections are left over', async () => {
    proxy.fail(() => 'swallow');
    await expectUnavailable(75_000);
    await expectRecovery();
    expect(await proxy.connections()).toBeLessThan(60);
  }, 400_000);

  it('slow: everything is answered', async () => {
    proxy.latencyMs = 300;
    await clients[0]!.push(name, anImage().tagged('slow'));
  });

  it('nothing of it was taken for a bug', () => {
    const processes = [...cluster.replicas.map(({ process }) => process), ...cluster.workers];
    for (const { output } of processes) expect(output).not.toMatch(/unexpected error|cannot work off/);
  });
});

function everyThird(fault: ReturnType<FaultRule>): FaultRule {
  let requests = 0;
  return () => ((requests += 1) % 3 === 1 ? fault : undefined);
}
