import { randomBytes } from 'node:crypto';
import { anImage } from '../../support/builders.js';
import { Cluster } from '../../support/cluster/cluster.js';
import { digestBytes, type Content } from '../../support/content.js';
import type { HttpResponse } from '../../support/http-response.js';
import { Registry, withQuery } from '../../support/registry.js';
import type { StoreFaultProxy } from '../../support/store-fault-proxy.js';

export const name = 'cluster/store';

/** Two replicas on object storage behind a proxy that fails, and an image that was pushed before. */
export class FailingStore {
  readonly clients: Registry[];
  readonly proxy: StoreFaultProxy;
  private image!: Content;
  private readonly cluster: Cluster;

  private constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.clients = cluster.replicas.map(({ url }) => new Registry(url));
    this.proxy = cluster.proxies!.store!;
  }

  static async start(): Promise<FailingStore> {
    const store = new FailingStore(await Cluster.start({ storage: 's3', replicas: 2, workers: 1, balancer: false, faults: true }));
    store.image = await store.clients[0]!.push(name, anImage().withLayers(1, 300_000).tagged('v1'));
    return store;
  }

  stop(): Promise<void> {
    return this.cluster.stop();
  }

  pushBlob(client: Registry, bytes: Buffer): Promise<HttpResponse> {
    return client.http.post(withQuery(`/v2/${name}/blobs/uploads/`, { digest: digestBytes(bytes) }), bytes);
  }

  /** What needs storage is refused for a while, what doesn't is not, and the replica stays in service. */
  async expectUnavailable(withinMs: number): Promise<void> {
    const layer = digestBytes(this.image.blobs[1]!);
    const ask = async (client: Registry) => {
      const begun = performance.now();
      for (const answer of await Promise.all([this.pushBlob(client, randomBytes(50_000)), client.http.get(`/v2/${name}/blobs/${layer}`)]))
        expect([answer.status, answer.header('Retry-After'), answer.codes()]).toEqual([503, '5', ['UNAVAILABLE']]);
      expect(performance.now() - begun).toBeLessThan(withinMs);
      expect((await client.http.get(`/v2/${name}/manifests/v1`)).body.equals(this.image.bytes)).toBe(true);
      expect((await client.http.head(`/v2/${name}/blobs/${layer}`)).status).toBe(200);
    };
    await Promise.all(this.clients.map(ask));
    expect(await Promise.all(this.cluster.replicas.map((replica) => replica.readiness()))).toEqual([200, 200]);
  }

  async expectRecovery(): Promise<void> {
    this.proxy.mend();
    for (const client of this.clients) {
      for (const size of [1_000, 20_000_000]) {
        const bytes = randomBytes(size);
        expect((await this.pushBlob(client, bytes)).status).toBe(201);
        expect((await client.http.get(`/v2/${name}/blobs/${digestBytes(bytes)}`)).body.equals(bytes)).toBe(true);
      }
    }
  }

  expectNoBug(): void {
    const processes = [...this.cluster.replicas.map(({ process }) => process), ...this.cluster.workers];
    for (const { output } of processes) expect(output).not.toMatch(/unexpected error|cannot work off/);
  }
}
