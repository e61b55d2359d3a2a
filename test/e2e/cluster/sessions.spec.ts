import { randomBytes } from 'node:crypto';
import { Cluster } from '../../support/cluster/cluster.js';
import { digestBytes } from '../../support/content.js';
import { Registry, targetOf, withQuery } from '../../support/registry.js';
import { describeOnEachStorage } from './each-storage.js';

const mebibyte = 1_048_576;

describeOnEachStorage('an upload session over three replicas, with Redis stopped', (storage) => {
  let cluster: Cluster;
  let clients: Registry[];
  beforeAll(async () => {
    cluster = await Cluster.start({ storage, balancer: false });
    clients = cluster.replicas.map(({ url }) => new Registry(url));
    await cluster.redis!.stop();
  });
  afterAll(() => cluster?.stop());

  const at = (replica: number) => clients[replica % clients.length]!;

  async function patch(replica: number, location: string, bytes: Buffer, offset: number): Promise<string> {
    const range = { 'Content-Range': `${offset}-${offset + bytes.length - 1}` };
    const answer = await at(replica).http.patch(location, bytes, range);
    expect([answer.status, answer.need('Range')]).toEqual([202, `0-${offset + bytes.length - 1}`]);
    return targetOf(answer);
  }

  async function expectEverywhere(name: string, bytes: Buffer): Promise<void> {
    for (const client of clients) {
      const { status, body } = await client.http.get(`/v2/${name}/blobs/${digestBytes(bytes)}`);
      expect([status, digestBytes(body)]).toEqual([200, digestBytes(bytes)]);
    }
  }

  it.each([
    ['of a few bytes', 1_000],
    ['of 9 MiB', 9 * mebibyte],
  ])('takes three chunks %s on three, closed on a fourth request', async (_size, size) => {
    const name = 'cluster/three';
    const chunks = [0, 1, 2].map(() => randomBytes(size));
    let location = await at(0).startUpload(name);
    for (const [index, chunk] of chunks.entries()) location = await patch(index + 1, location, chunk, index * size);
    const bytes = Buffer.concat(chunks);
    const closed = await at(4).http.put(withQuery(location, { digest: digestBytes(bytes) }));
    expect(closed.status).toBe(201);
    await expectEverywhere(name, bytes);
  });

  it('goes on while each replica is restarted between chunks, and one is killed', async () => {
    const name = 'cluster/restarted';
    const chunks = [0, 1, 2].map(() => randomBytes(2 * mebibyte));
    let location = await at(0).startUpload(name);
    for (const [index, chunk] of chunks.entries()) {
      location = await patch(index, location, chunk, index * chunk.length);
      const replica = cluster.replicas[index]!;
      if (index === 1) await replica.process.kill();
      await (index === 1 ? replica.start() : replica.restart());
    }
    const bytes = Buffer.concat(chunks);
    expect((await at(1).http.put(withQuery(location, { digest: digestBytes(bytes) }))).status).toBe(201);
    await expectEverywhere(name, bytes);
  });

  it('refuses wrong bytes with 400 at once, wherever they came in', async () => {
    const name = 'cluster/wrong';
    let location = await at(0).startUpload(name);
    for (const index of [0, 1, 2]) location = await patch(index, location, randomBytes(5_000), index * 5_000);
    const answer = await at(0).http.put(withQuery(location, { digest: digestBytes('something else') }));
    expect([answer.status, answer.codes()]).toEqual([400, ['DIGEST_INVALID']]);
    expect((await at(1).http.get(location)).status).toBe(404);
  });

  it('a writer that stands still in mid-body is taken over; woken up, it changes nothing', async () => {
    const name = 'cluster/stopped';
    const [first, second] = [randomBytes(3 * mebibyte), randomBytes(3 * mebibyte)];
    const location = await patch(0, await at(0).startUpload(name), first, 0);
    const stopped = await at(1).http.open('PATCH', location, { 'Content-Length': String(64 * mebibyte), Expect: '100-continue' });
    // It holds the lease from here on, and bytes of its own are on their way to storage.
    await stopped.continued;
    await stopped.write(randomBytes(4 * mebibyte));
    cluster.replicas[1]!.process.signal('SIGSTOP');
    try {
      await patch(2, location, second, first.length);
      const bytes = Buffer.concat([first, second]);
      expect((await at(0).http.put(withQuery(location, { digest: digestBytes(bytes) }))).status).toBe(201);
    } finally {
      cluster.replicas[1]!.process.signal('SIGCONT');
    }
    // More of it, now that it runs again; its client hears that somebody else has gone on.
    const rest = randomBytes(60 * mebibyte);
    await stopped.write(rest);
    expect([404, 416]).toContain((await stopped.response).status);
    await expectEverywhere(name, Buffer.concat([first, second]));
  });

  it('a writer woken while its successor still writes cannot get in between', async () => {
    const name = 'cluster/between';
    const [first, second] = [randomBytes(mebibyte), randomBytes(8 * mebibyte)];
    const location = await patch(0, await at(0).startUpload(name), first, 0);
    const stopped = await at(1).http.open('PATCH', location, { 'Content-Length': String(16 * mebibyte), Expect: '100-continue' });
    await stopped.continued;
    await stopped.write(randomBytes(2 * mebibyte));
    cluster.replicas[1]!.process.signal('SIGSTOP');
    const successor = await at(2).http.open('PATCH', location, { 'Content-Length': String(second.length), Expect: '100-continue' });
    await successor.continued;
    await successor.write(second.subarray(0, 4 * mebibyte));
    cluster.replicas[1]!.process.signal('SIGCONT');
    await stopped.write(randomBytes(14 * mebibyte));
    expect((await stopped.response).status).toBe(416);
    await successor.write(second.subarray(4 * mebibyte));
    expect((await successor.response).status).toBe(202);
    const bytes = Buffer.concat([first, second]);
    expect((await at(0).http.put(withQuery(location, { digest: digestBytes(bytes) }))).status).toBe(201);
    await expectEverywhere(name, bytes);
  });

  it('tells every replica the same: what one has acknowledged, the others know', async () => {
    const name = 'cluster/fresh';
    for (let round = 0; round < 30; round += 1) {
      const { digest } = await at(round).pushBlob(name, randomBytes(100));
      expect(await at(round + 1).resolve(name, 'blobs', digest)).toBe(digest);
      expect((await at(round + 2).http.delete(`/v2/${name}/blobs/${digest}`)).status).toBe(202);
      expect(await at(round).resolve(name, 'blobs', digest)).toBeNull();
    }
  });
});
