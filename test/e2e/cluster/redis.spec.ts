import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { anImage } from '../../support/builders.js';
import { Cluster } from '../../support/cluster/cluster.js';
import { digestBytes } from '../../support/content.js';
import { Registry, targetOf, withQuery } from '../../support/registry.js';
import { eventually } from '../faults/eventually.js';
import { describeWith } from '../fixture/clients.js';

describeWith(['redis-server'], 'Redis that fails', () => {
  const name = 'cluster/redis';
  let cluster: Cluster;
  let clients: Registry[];
  let rows: pg.Pool;
  beforeAll(async () => {
    cluster = await Cluster.start({ replicas: 2, workers: 2, balancer: false, faults: true });
    clients = cluster.replicas.map(({ url }) => new Registry(url));
    rows = new pg.Pool({ connectionString: cluster.postgres.url, max: 1 });
  });
  afterAll(async () => {
    await rows?.end();
    await cluster?.stop();
  });

  /** A push whose verdict takes a worker, and how long that took in ms. */
  async function verifiedPush(): Promise<number> {
    const halves = [randomBytes(20_000), randomBytes(20_000)] as const;
    const first = await clients[0]!.http.patch(await clients[0]!.startUpload(name), halves[0]);
    const second = await clients[1]!.http.patch(targetOf(first), halves[1]);
    const begun = performance.now();
    const answer = await clients[0]!.http.put(withQuery(targetOf(second), { digest: digestBytes(Buffer.concat(halves)) }));
    expect(answer.status).toBe(201);
    return performance.now() - begun;
  }

  /** Pushes meanwhile are acknowledged soon, and all work they left is done in the end. */
  async function expectNothingLost(): Promise<void> {
    for (let push = 0; push < 3; push += 1) expect(await verifiedPush()).toBeLessThan(10_000);
    await clients[1]!.push(name, anImage().tagged('v1'));
    expect(await Promise.all(cluster.replicas.map((replica) => replica.readiness()))).toEqual([200, 200]);
    await eventually(async () => {
      const { rows: left } = await rows.query(`select m.digest from manifests m
        left join manifest_details d on d.repository = m.repository and d.digest = m.digest where d.digest is null`);
      expect(left).toEqual([]);
      expect((await rows.query('select kind from outbox')).rows).toEqual([]);
    });
  }

  it('there: verdicts come at once', () => expectNothingLost());

  it('stopped: every push is acknowledged, and every work done', async () => {
    await cluster.redis!.stop();
    await expectNothingLost();
  });

  it('started again, empty', async () => {
    await cluster.redis!.start();
    await expectNothingLost();
  });

  it('flushed while jobs are on their way', async () => {
    const pushes = Array.from({ length: 6 }, verifiedPush);
    await cluster.redis!.flush();
    await Promise.all(pushes);
    await expectNothingLost();
  });

  it('cut off, and refusing', async () => {
    cluster.proxies!.redis!.cut();
    await expectNothingLost();
    await cluster.proxies!.redis!.refuse();
    await expectNothingLost();
    await cluster.proxies!.redis!.mend();
    await expectNothingLost();
  });

  it('swallowing everything: neither pushes nor work wait for it', async () => {
    cluster.proxies!.redis!.swallow();
    await expectNothingLost();
    await cluster.proxies!.redis!.mend();
    await expectNothingLost();
  });

  it('nothing of it was taken for a bug', () => {
    const processes = [...cluster.replicas.map(({ process }) => process), ...cluster.workers];
    for (const { output } of processes) expect(output).not.toMatch(/unexpected error|cannot work off/);
  });
});
