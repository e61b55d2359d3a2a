import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import { RedisServer } from '../../../libs/jobs/src/testing/index.js';
import { withDatabase } from '../../../libs/metadata/src/testing/index.js';
import { indexManifest, JobProducer, openJobBackend, verifyBlob, type JobBackend } from '#jobs';
import { maintenanceKinds, MaintenanceStore, outboxKinds, RemovalStore, type OutboxKind } from '#metadata';
import { mediaTypes } from '#oci';
import { startWorker, type RunningWorker } from './start-worker.js';
import { SeverableLink } from './testing/severable-link.js';
import { digestOfText, until, Workbench } from './testing/workbench.js';

// Threads start, connections are lost and found again: seconds each.
jest.setTimeout(30_000);
const silent = { began: () => undefined, ended: () => undefined };

describe('a worker', () => {
  const database = withDatabase();
  let bench: Workbench;
  let worker: RunningWorker | undefined;
  let redis: RedisServer | undefined;
  let serial = 0;

  beforeEach(async () => void (bench = await Workbench.set(database)));
  afterEach(async () => {
    await worker?.stop();
    worker = undefined;
    await redis?.remove();
    await bench.clear();
    // The next worker would look for their bytes.
    await database.sql('truncate blobs, repositories, tag_history cascade');
  });

  const verdictOf = async (id: string) => (await bench.sessions.find(bench.name, id))?.verdict ?? null;
  const completedUpload = () => {
    const content = `content ${++serial} of ${bench.name}`;
    return bench.completed(digestOfText(content), content);
  };

  /** Asks as the api does, and answers how long the verdict took. */
  async function verdictByJob(backend: JobBackend): Promise<number> {
    const producer = new JobProducer(backend);
    const id = await completedUpload();
    const asked = performance.now();
    await producer.lookNow(verifyBlob, { sessionId: id });
    await until(async () => (await verdictOf(id)) !== null);
    expect(await verdictOf(id)).toMatchObject({ ok: true });
    await producer.close();
    return performance.now() - asked;
  }

  it('works everything off, asked by jobs through Postgres', async () => {
    worker = await startWorker(bench.settings(), bench.logger);
    const backend = await openJobBackend({ databaseUrl: database.url }, silent);
    await verdictByJob(backend);
    await backend.close();
    const config = await bench.blob('{"os":"linux","architecture":"amd64"}');
    const type = 'application/vnd.oci.image.config.v1+json';
    await bench.manifest({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { mediaType: type, digest: config, size: 37 },
      layers: [],
    });
    await bench.sessions.cancel(bench.name, await bench.upload('given up'));
    await until(async () => (await bench.outbox.counts()).every(({ due }) => due === 0));
    expect(await database.sql('select kind from manifest_details')).toEqual([{ kind: 'image' }]);
    expect(await database.sql('select from outbox')).toEqual([]);
    expect(bench.log.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  it('does something about every kind of row and of run there is', async () => {
    const id = randomUUID();
    const rows = {
      'verify-blob': [id, null],
      'index-manifest': ['x', { repository: bench.name, digest: digestOfText('no such manifest') }],
      'index-referrers': ['x', { repository: bench.name, tag: 'no-such-tag' }],
      'delete-object': [`blobs/${id.slice(-2)}/${id}`, null],
      'abort-upload': [id, bench.driver.begin(id)],
    } satisfies Record<OutboxKind, readonly [string, unknown]>;
    expect(Object.keys(rows).toSorted()).toEqual(outboxKinds.toSorted());
    for (const [kind, [key, payload]] of Object.entries(rows))
      await database.sql('insert into outbox (kind, key, payload) values ($1, $2, $3)', [kind, key, JSON.stringify(payload)]);
    const runs = new MaintenanceStore(database.db);
    for (const kind of maintenanceKinds) await runs.request(kind);
    worker = await startWorker(bench.settings(), bench.logger);
    await until(async () => (await database.sql('select from outbox')).length === 0);
    await until(async () => (await runs.list()).every(({ finishedAt }) => finishedAt !== null));
    expect(bench.log.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('schedules a scrub when SCRUB_INTERVAL_SECONDS are over, and forgets what was over long ago, scrub or not', async () => {
    const runs = new MaintenanceStore(database.db);
    await database.sql('truncate maintenance_runs cascade');
    const ended = (days: string) =>
      database.sql(
        `insert into maintenance_runs (kind, scheduled, requested_at, finished_at) select 'scrub', true, t, t from (select now() - $1::interval as t) t`,
        [days],
      );
    await ended('91 days');
    worker = await startWorker(bench.settings({ SCRUB_MIB_PER_SECOND: '0', RETENTION_INTERVAL_SECONDS: '0' }), bench.logger);
    await until(async () => (await runs.list()).length === 0);
    await worker.stop();
    await ended('2 hours');
    worker = await startWorker(bench.settings({ SCRUB_INTERVAL_SECONDS: '3600' }), bench.logger);
    await until(async () => (await runs.list({ kind: 'scrub' })).length === 2);
  });

  it('ends uploads past their expiry, and gives their bytes back', async () => {
    const id = await bench.upload('forgotten');
    await database.sql(`update upload_sessions set expires_at = now() - interval '1 second' where id = $1`, [id]);
    worker = await startWorker(bench.settings(), bench.logger);
    await until(async () => (await bench.objects()).length === 0);
    expect(await bench.sessions.find(bench.name, id)).toBeNull();
  });

  it('clears away a removed repository whose run was cancelled', async () => {
    await bench.upload('of a repository that goes');
    const run = await new RemovalStore(database.db).remove(bench.name);
    await new MaintenanceStore(database.db).cancel(run!);
    worker = await startWorker(bench.settings(), bench.logger);
    await until(async () => (await database.sql(`select from repositories where name > '~'`)).length === 0);
    await until(async () => (await bench.objects()).length === 0);
  });

  it('starts without Redis, works without it, and takes its jobs once it is there', async () => {
    redis = await RedisServer.reserve();
    worker = await startWorker(bench.settings({ REDIS_URL: redis.url }), bench.logger);
    const id = await completedUpload();
    await until(async () => (await verdictOf(id)) !== null);
    await redis.start();
    await until(() => bench.log.some(({ msg }) => msg === 'Redis is back'));
    const backend = await openJobBackend({ redisUrl: redis.url, databaseUrl: database.url }, silent);
    await until(
      async () =>
        (await backend
          .openQueue('expire-uploads')
          .getJobSchedulersCount()
          .catch(() => 0)) === 1,
    );
    await verdictByJob(backend);
    const producer = new JobProducer(backend, { mergeMs: 1 });
    const queue = backend.openQueue(indexManifest.name);
    // Counted at all: what it is held against is not waited for.
    await until(async () => {
      await producer.lookNow(indexManifest, {});
      return (await queue.getRateLimitTtl(1)) > 0;
    });
    await producer.close();
    await queue.close();
    await redis.kill();
    const later = await completedUpload();
    await until(async () => (await verdictOf(later)) !== null);
    const errors = () => bench.log.filter(({ level }) => level === 'error').map(({ msg }) => msg);
    await until(() => errors().length >= 2);
    expect(new Set(errors())).toEqual(new Set(['Redis is unavailable; trying until it is back']));
    await worker.stop();
    worker = undefined;
    await backend.close();
  });

  it('starts without Postgres, loses it, and recovers both times by itself', async () => {
    const { hostname, port } = new URL(database.url);
    const link = await SeverableLink.to(hostname, Number(port));
    await link.cut();
    worker = await startWorker(bench.settings({ DATABASE_URL: link.through(database.url) }), bench.logger);
    const first = await completedUpload();
    await until(() => bench.log.some(({ level }) => level === 'error'));
    await link.mend();
    await until(async () => (await verdictOf(first)) !== null);
    await link.cut();
    const second = await completedUpload();
    await link.mend();
    await until(async () => (await verdictOf(second)) !== null);
    const backend = await openJobBackend({ databaseUrl: link.through(database.url) }, silent);
    await verdictByJob(backend);
    await backend.close();
    await worker.stop();
    worker = undefined;
    await link.cut();
  });

  it('finishes what it has begun before it stops', async () => {
    const ids = await Promise.all(Array.from({ length: 10 }, () => completedUpload()));
    worker = await startWorker(bench.settings(), bench.logger);
    await until(async () => (await verdictOf(ids[0]!)) !== null);
    await worker.stop();
    worker = undefined;
    const settled = (await Promise.all(ids.map(verdictOf))).filter((verdict) => verdict !== null).length;
    expect(settled + (await bench.due('verify-blob')).length).toBe(10);
  });
});
