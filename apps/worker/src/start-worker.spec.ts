import { jest } from '@jest/globals';
import { RedisServer } from '../../../libs/jobs/src/testing/index.js';
import { withDatabase } from '../../../libs/metadata/src/testing/index.js';
import { JobProducer, openJobBackend, verifyBlob, type JobBackend } from '#jobs';
import { MaintenanceStore, RemovalStore } from '#metadata';
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
    await database.sql('truncate blobs, repositories cascade');
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
