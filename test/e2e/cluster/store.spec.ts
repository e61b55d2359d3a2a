import { randomBytes } from 'node:crypto';
import { anImage } from '../../support/builders.js';
import { digestBytes } from '../../support/content.js';
import type { FaultRule } from '../../support/store-fault-proxy.js';
import { describeWith } from '../fixture/clients.js';
import { FailingStore, name } from './failing-store.js';

describeWith(['redis-server', 'radosgw'], 'object storage that fails under two replicas', () => {
  let store: FailingStore;
  beforeAll(async () => (store = await FailingStore.start()));
  afterAll(() => store?.stop());
  afterEach(() => store.proxy.mend());

  it.each<[string, FaultRule]>([
    ['every third request is told to slow down', everyThird({ status: 503, code: 'SlowDown' })],
    ['every third request is answered with an internal error', everyThird({ status: 500, code: 'InternalError' })],
    ['every third connection is cut', everyThird('cut')],
  ])('%s: pushes and pulls succeed', async (_fault, rule) => {
    store.proxy.fail(rule);
    const bytes = [1_000, 30_000_000].map((size) => randomBytes(size));
    const [one, other] = store.clients;
    for (const blob of bytes) {
      expect((await store.pushBlob(one!, blob)).status).toBe(201);
      expect((await other!.http.get(`/v2/${name}/blobs/${digestBytes(blob)}`)).body.equals(blob)).toBe(true);
    }
  });

  it.each<[string, FaultRule]>([
    ['internal errors only', () => ({ status: 500, code: 'InternalError' })],
    ['slow down, always', () => ({ status: 503, code: 'SlowDown' })],
    ['every connection is cut', () => 'cut'],
  ])('%s: a clear 503, then recovery without a restart', async (_fault, rule) => {
    store.proxy.fail(rule);
    await store.expectUnavailable(20_000);
    await store.expectRecovery();
  });

  it('slow: everything is answered', async () => {
    store.proxy.latencyMs = 300;
    await store.clients[0]!.push(name, anImage().tagged('slow'));
  });

  it('nothing of it was taken for a bug', () => store.expectNoBug());
});

/** No request is refused more often than it is tried again. */
function everyThird(fault: ReturnType<FaultRule>): FaultRule {
  const refused = new Map<string, number>();
  let requests = 0;
  return ({ method, url }) => {
    requests += 1;
    const times = refused.get(`${method} ${url}`) ?? 0;
    if (requests % 3 !== 1 || times === 2) return undefined;
    refused.set(`${method} ${url}`, times + 1);
    return fault;
  };
}
