import { indexManifest, verifyBlob } from './definitions.js';
import { JobProducer } from './job-producer.js';

it('outlives a backend that cannot be opened, and tries again with the next job', async () => {
  let opened = 0;
  const producer = new JobProducer(() => Promise.reject(new Error(`no file left, ${(opened += 1)}`)), { mergeMs: 1 });
  await producer.lookNow(verifyBlob, { sessionId: '7b1c7a5e-6f5b-4c43-9a0e-0a3f5b2d8c11' });
  expect(await producer.schedule(indexManifest, {}, 60_000)).toBe(false);
  expect(opened).toBe(2);
  await producer.close();
});
