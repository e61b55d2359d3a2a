import { EventEmitter, once } from 'node:events';
import { Worker, type Job as BullJob } from 'bullmq';
import { indexManifest, verifyBlob } from './definitions.js';
import type { JobBackend } from './job-backend.js';
import { JobProducer } from './job-producer.js';
import { openJobBackend } from './open-job-backend.js';
import { RedisServer } from './testing/index.js';

const sessionId = '3f0f0a5e-6f4a-4c39-9f0c-6a3f4f6f6f6f';

describe('jobs on Redis', () => {
  const told = new EventEmitter();
  const stories: string[] = [];
  let redis: RedisServer;
  let backend: JobBackend;
  let producer: JobProducer;

  beforeAll(async () => {
    redis = await RedisServer.reserve();
    await redis.start();
    backend = await openJobBackend(
      { redisUrl: redis.url, databaseUrl: '' },
      {
        began: (name) => void (stories.push(`${name} gone`), told.emit('gone')),
        ended: (name) => void (stories.push(`${name} back`), told.emit('back')),
      },
    );
    producer = new JobProducer(backend, { timeoutMs: 2_000, mergeMs: 5 });
  });

  afterAll(async () => {
    await producer.close();
    await backend.close();
    await redis.remove();
  });

  /** A consumer of one queue, and what it gets. */
  function consume(name: string, work: (job: BullJob) => Promise<void> = async () => undefined) {
    const taken = new EventEmitter();
    const worker = new Worker(
      name,
      async (job) => {
        await work(job);
        taken.emit('job', job);
      },
      { ...backend.consumers, runRetryDelay: 50 },
    );
    worker.on('error', (error) => backend.outage.failed(error));
    return { taken, worker };
  }

  it('brings a payload to the worker', async () => {
    const { taken, worker } = consume(verifyBlob.name);
    const job = once(taken, 'job');
    await producer.lookNow(verifyBlob, { sessionId });
    expect(((await job) as [BullJob])[0].data).toEqual({ sessionId });
    await worker.close();
  });

  it('is opened by the first job of a producer that is told how, and closed with it', async () => {
    let opened = 0;
    let closed = 0;
    const onDemand = new JobProducer(async () => {
      opened += 1;
      const own = await openJobBackend({ redisUrl: redis.url, databaseUrl: '' }, { began: () => undefined, ended: () => undefined });
      const close = own.close.bind(own);
      own.close = () => close().then(() => void (closed += 1));
      return own;
    });
    expect(opened).toBe(0);
    const { taken, worker } = consume(verifyBlob.name);
    const job = once(taken, 'job');
    await Promise.all([onDemand.lookNow(verifyBlob, { sessionId }), onDemand.lookNow(verifyBlob, { sessionId })]);
    await job;
    expect({ opened, closed }).toEqual({ opened: 1, closed: 0 });
    await onDemand.close();
    await onDemand.lookNow(verifyBlob, { sessionId });
    expect({ opened, closed }).toEqual({ opened: 1, closed: 1 });
    await worker.close();
  });

  it('makes one pending job of many calls of a cheap kind', async () => {
    const queue = backend.openQueue(indexManifest.name);
    for (let call = 0; call < 50; call += 1) await producer.lookNow(indexManifest, {});
    const { taken, worker } = consume(indexManifest.name);
    await once(taken, 'job');
    await worker.close();
    expect(await queue.getJobCounts('wait', 'active', 'delayed', 'failed')).toEqual({ wait: 0, active: 0, delayed: 0, failed: 0 });
    await queue.close();
  });

  it('keeps one more job while one runs, so that no row is missed', async () => {
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const running = new EventEmitter();
    const { taken, worker } = consume(verifyBlob.name, async () => {
      running.emit('begun');
      await held;
    });
    const begun = once(running, 'begun');
    await producer.lookNow(verifyBlob, { sessionId });
    await begun;
    await producer.lookNow(verifyBlob, { sessionId });
    await producer.lookNow(verifyBlob, { sessionId });
    const first = once(taken, 'job');
    letGo();
    await first;
    await once(taken, 'job');
    await worker.close();
    const queue = backend.openQueue(verifyBlob.name);
    expect(await queue.count()).toBe(0);
    await queue.close();
  });

  it('says nothing to a request while Redis is gone, tells it once, and goes on when it is back', async () => {
    const { taken, worker } = consume(verifyBlob.name);
    await worker.waitUntilReady();
    const gone = once(told, 'gone');
    await redis.kill();
    await gone;
    const before = performance.now();
    await producer.lookNow(verifyBlob, { sessionId });
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(await producer.schedule(indexManifest, {}, 60_000)).toBe(false);
    const back = once(told, 'back');
    await redis.start();
    await back;
    const job = once(taken, 'job');
    await producer.lookNow(verifyBlob, { sessionId });
    await job;
    expect(stories).toEqual(['Redis gone', 'Redis back']);
    await worker.close();
  });

  it('schedules a job once for all who ask', async () => {
    expect(await producer.schedule(indexManifest, {}, 60_000)).toBe(true);
    expect(await producer.schedule(indexManifest, {}, 60_000)).toBe(true);
    const queue = backend.openQueue(indexManifest.name);
    expect(await queue.getJobSchedulersCount()).toBe(1);
    await queue.close();
  });
});
