import type { JobProducer } from './job-producer.js';
import { indexManifest, jobs, verifyBlob } from './definitions.js';
import { defineJob } from './job.js';

describe('the jobs', () => {
  it('have names of their own that BullMQ takes for queues', () => {
    expect(new Set(jobs.map((job) => job.name)).size).toBe(jobs.length);
    for (const job of jobs) expect(job.name).toMatch(/^[a-z-]+$/);
  });

  it('refuse a name BullMQ would refuse', () => {
    expect(() => defineJob({ ...indexManifest, name: 'index:manifest' })).toThrow('"index:manifest"');
  });

  it.each([{}, { sessionId: 'nonsense' }, { sessionId: '3f0f0a5e-6f4a-4c39-9f0c-6a3f4f6f6f6f', more: 1 }])(
    'refuse the payload %j',
    (data) => {
      expect(verifyBlob.data.safeParse(data).success).toBe(false);
    },
  );

  it('take no payload of another shape at compile time', () => {
    const calls = (producer: JobProducer) => [
      producer.lookNow(verifyBlob, { sessionId: '3f0f0a5e-6f4a-4c39-9f0c-6a3f4f6f6f6f' }),
      producer.lookNow(indexManifest, {}),
      // @ts-expect-error a verdict is asked for by session
      producer.lookNow(verifyBlob, {}),
      // @ts-expect-error it carries nothing
      producer.lookNow(indexManifest, { digest: 'sha256:…' }),
    ];
    expect(calls).toBeInstanceOf(Function);
  });
});
