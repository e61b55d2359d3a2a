import { describeWith } from '../../fixture/clients.js';
import { FailingStore } from '../failing-store.js';

describeWith(['redis-server', 'radosgw'], 'object storage that says nothing any more', () => {
  let store: FailingStore;
  beforeAll(async () => (store = await FailingStore.start()));
  afterAll(() => store?.stop());

  it('gives a clear 503 in bounded time, then recovery without a restart, and no connections are left over', async () => {
    store.proxy.fail(() => 'swallow');
    await store.expectUnavailable(75_000);
    await store.expectRecovery();
    expect(await store.proxy.connections()).toBeLessThan(60);
  }, 400_000);

  it('nothing of it was taken for a bug', () => store.expectNoBug());
});
