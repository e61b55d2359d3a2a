import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { anArtifact, anImage, anIndex } from '../../support/builders.js';
import { Cluster } from '../../support/cluster/cluster.js';
import { digestBytes } from '../../support/content.js';
import { Registry, targetOf, withQuery } from '../../support/registry.js';
import { eventually } from '../faults/eventually.js';
import { describeWith } from '../fixture/clients.js';

describeWith(['redis-server', 'pgbouncer'], 'behind PgBouncer in transaction mode', () => {
  const name = 'cluster/pooled';
  let cluster: Cluster;
  let clients: Registry[];
  let direct: pg.Pool;
  beforeAll(async () => {
    const env = { BLOB_GRACE_SECONDS: '15', BLOB_LINGER_SECONDS: '0' };
    cluster = await Cluster.start({ pooler: true, balancer: false, replicas: 2, env });
    clients = cluster.replicas.map(({ url }) => new Registry(url));
    direct = new pg.Pool({ connectionString: cluster.postgres.url, max: 2 });
  });
  afterAll(async () => {
    await direct?.end();
    await cluster?.stop();
  });

  const count = async (table: string) => Number((await direct.query<{ n: string }>(`select count(*) as n from ${table}`)).rows[0]!.n);

  it('images, indexes, artifacts and tags are pushed and pulled', async () => {
    const [one, other] = clients as [Registry, Registry];
    const image = await one.push(name, anImage().withLayers(3, 100_000).tagged('v1'));
    const index = await other.push(name, anIndex().of(anImage(), anImage()).tagged('multi'));
    const signature = await one.push(name, anArtifact().withSubject(image));
    expect(await other.tags(name)).toEqual(['multi', 'v1']);
    expect(await other.resolve(name, 'manifests', 'v1')).toBe(image.digest);
    expect(await one.resolve(name, 'manifests', 'multi')).toBe(index.digest);
    expect(await other.referrers(name, image.digest)).toEqual([signature.descriptor]);
    for (const blob of image.blobs) expect((await other.http.get(`/v2/${name}/blobs/${digestBytes(blob)}`)).body.equals(blob)).toBe(true);
  });

  it('a worker gives its verdict, and the request hears it without being notified', async () => {
    const [one, other] = clients as [Registry, Registry];
    const halves = [randomBytes(60_000), randomBytes(60_000)] as const;
    const first = await one.http.patch(await one.startUpload(name), halves[0]);
    const second = await other.http.patch(targetOf(first), halves[1]);
    const digest = digestBytes(Buffer.concat(halves));
    expect((await one.http.put(withQuery(targetOf(second), { digest }))).status).toBe(201);
    expect(await other.resolve(name, 'blobs', digest)).toBe(digest);
    const wrong = await other.http.patch(targetOf(await one.http.patch(await one.startUpload(name), halves[0])), halves[1]);
    expect((await one.http.put(withQuery(targetOf(wrong), { digest: digestBytes('other') }))).status).toBe(400);
  });

  it('manifests are described by the worker, deleted, and what they used is collected', async () => {
    const [one, other] = clients as [Registry, Registry];
    await eventually(async () => expect(await count('manifest_details')).toBe(await count('manifests')));
    await eventually(async () => {
      const { rows } = await direct.query<{ digest: string }>('select digest_text(digest) as digest from manifests');
      for (const { digest } of rows) await one.http.delete(`/v2/${name}/manifests/${digest}`);
      expect(await count('manifests')).toBe(0);
    });
    expect(await other.resolve(name, 'manifests', 'v1')).toBeNull();
    await eventually(async () => {
      expect([await count('blobs'), await count('outbox'), await count('reviews')]).toEqual([0, 0, 0]);
    }, 60_000);
  });

  it('sixty requests at once share its eight connections, and none is refused', async () => {
    const pushes = Array.from({ length: 60 }, (_, at) => clients[at % 2]!.push(`${name}-many`, anImage().tagged(`t${at}`)));
    await Promise.all(pushes);
    expect(await clients[0]!.tags(`${name}-many`)).toHaveLength(60);
    const { rows } = await direct.query<{ n: number }>(
      `select count(*)::int as n from pg_stat_activity where application_name like 'entrepot%'`,
    );
    expect(rows[0]!.n).toBeGreaterThan(0);
    expect(rows[0]!.n).toBeLessThanOrEqual(8);
  });

  it('survives its restart', async () => {
    await cluster.pooler!.process.kill();
    const answer = await clients[0]!.http.get(`/v2/${name}-many/manifests/t1`);
    expect([answer.status, answer.header('Retry-After')]).toEqual([503, '5']);
    await cluster.pooler!.start();
    await eventually(async () => {
      for (const client of clients) await client.push(name, anImage().tagged('after'));
    });
  });

  it('nothing was taken for a bug', () => {
    const outputs = [...cluster.replicas.map(({ process }) => process), ...cluster.workers].map(({ output }) => output);
    for (const output of outputs) expect(output).not.toMatch(/unexpected error|prepared statement|cannot work off|unsupported startup/);
  });
});
