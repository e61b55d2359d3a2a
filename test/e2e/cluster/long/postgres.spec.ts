import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { anImage } from '../../../support/builders.js';
import { Cluster } from '../../../support/cluster/cluster.js';
import { digestBytes, type Content } from '../../../support/content.js';
import type { FaultProxy } from '../../../support/fault-proxy.js';
import { Registry, withQuery } from '../../../support/registry.js';
import { eventually } from '../../faults/eventually.js';
import { describeWith } from '../../fixture/clients.js';
import { Load } from './load.js';

describeWith(['redis-server'], 'PostgreSQL that fails under two replicas', () => {
  const name = 'cluster/postgres';
  const poolSize = 4;
  let cluster: Cluster;
  let clients: Registry[];
  let proxy: FaultProxy;
  let image: Content;
  let pids: (number | undefined)[];
  beforeAll(async () => {
    const env = { DATABASE_POOL_SIZE: String(poolSize) };
    cluster = await Cluster.start({ replicas: 2, workers: 1, balancer: false, faults: true, env });
    clients = cluster.replicas.map(({ url }) => new Registry(url));
    proxy = cluster.proxies!.postgres!;
    image = await clients[0]!.push(name, anImage().tagged('v1'));
    pids = processes().map(({ pid }) => pid);
  });
  afterAll(() => cluster?.stop());

  const processes = () => [...cluster.replicas.map(({ process }) => process), ...cluster.workers];
  const readiness = () => Promise.all(cluster.replicas.map((replica) => replica.readiness()));

  /** Good answers on every replica, from the processes there were, over no more connections than their pools may have. */
  async function expectRecovery(tag: string): Promise<void> {
    await eventually(async () => {
      expect(await readiness()).toEqual([200, 200]);
      for (const client of clients) {
        expect((await client.http.get(`/v2/${name}/manifests/v1`)).body.equals(image.bytes)).toBe(true);
        await client.push(name, anImage().tagged(tag));
      }
    }, 60_000);
    expect(processes().map(({ pid }) => pid)).toEqual(pids);
    const ofApi = poolSize + Math.max(2, poolSize / 2) + 1;
    const ofWorker = 10 + 5 + 1;
    expect(proxy.connections).toBeLessThanOrEqual(2 * ofApi + ofWorker);
  }

  async function underLoad(fault: () => Promise<void>, tag: string): Promise<void> {
    const load = new Load(clients, name);
    await fault();
    await expectRecovery(tag);
    await load.stop();
    expect([load.surprising, load.complaints]).toEqual([[], []]);
  }

  it('restarted: clients see good answers and 503s that say when to come again, then good ones only', async () => {
    await underLoad(async () => {
      await cluster.postgres.stop();
      await eventually(async () => expect(await readiness()).toEqual([503, 503]));
      await cluster.postgres.start();
    }, 'restarted');
  });

  it('killed: likewise', async () => {
    await underLoad(async () => {
      await cluster.postgres.process.kill();
      await cluster.postgres.start();
    }, 'killed');
  });

  it('cut off, with every connection broken at once: likewise', async () => {
    await underLoad(async () => {
      for (let cut = 0; cut < 5; cut += 1) {
        proxy.cut();
        await clients[0]!.http.get(`/v2/${name}/manifests/v1`);
      }
    }, 'cut');
  });

  it('moved behind the same name, as at a failover: likewise', async () => {
    await underLoad(async () => {
      await proxy.refuse();
      await cluster.postgres.move();
      proxy.redirect(cluster.postgres.url);
      await proxy.mend();
    }, 'moved');
  });

  it('behind a network that swallows everything: requests end in a 503 in bounded time, and replicas are not ready', async () => {
    proxy.swallow();
    const begun = performance.now();
    const target = `/v2/${name}/manifests/v1`;
    const answers = await Promise.all([0, 1, 2, 3].map((at) => clients[at % 2]!.http.get(target)));
    for (const answer of answers) expect([answer.status, answer.header('Retry-After')]).toEqual([503, '5']);
    expect(performance.now() - begun).toBeLessThan(40_000);
    for (const status of await readiness()) expect(status).not.toBe(200);
    await proxy.mend();
    await expectRecovery('swallowed');
  });

  it('a push in one request whose session a crash has taken is to be sent again', async () => {
    const bytes = randomBytes(50_000);
    const target = withQuery(`/v2/${name}/blobs/uploads/`, { digest: digestBytes(bytes) });
    const push = await clients[0]!.http.open('POST', target, { 'Content-Length': String(bytes.length), Expect: '100-continue' });
    await push.continued;
    const rows = new pg.Client({ connectionString: cluster.postgres.url });
    await rows.connect();
    await rows.query('delete from upload_sessions');
    await rows.end();
    await push.write(bytes);
    const answer = await push.response;
    expect([answer.status, answer.header('Retry-After')]).toEqual([503, '5']);
    expect((await clients[1]!.http.post(target, bytes)).status).toBe(201);
  });

  it('slow: everything is answered', async () => {
    proxy.latencyMs = 50;
    for (const client of clients) await client.push(name, anImage().tagged('slow'));
    proxy.latencyMs = 0;
  });

  it('nothing of it was taken for a bug', () => {
    for (const { output } of processes()) expect(output).not.toMatch(/unexpected error|cannot work off/);
  });
});
