import { randomUUID } from 'node:crypto';
import { BlobStore } from '../blobs/blob-store.js';
import { withDatabase } from '../testing/index.js';
import { withWriteBehind } from '../testing/with-write-behind.js';
import { aRepository, digest, leaseSession, until } from '../testing/fixtures.js';

const database = withDatabase();
describe('a store that writes rows behind', () => {
  const { arrived, began, begin, content, db, open, rows, sent } = withWriteBehind(database);

  const reclaimed = async (keys: string[]) => {
    const due = await database.sql<{ key: string }>(`select key from outbox where kind = 'delete-object' and key = any($1)`, [keys]);
    return due.map(({ key }) => key).sort();
  };

  it('makes the blob by the one statement there is', async () => {
    const store = open();
    const { name, id } = await begin(store);
    await store.recordFirst({ name, id, began, ...content() });
    expect(await store.finalize(name, id, arrived())).toBe('stored');
    expect(await new BlobStore(db()).find(name, content().digestSoFar)).toMatchObject({ size: 9 });
    expect(await store.find(name, id)).toBeNull();
    const again = await begin(store, name);
    await store.recordFirst({ ...again, began, ...content() });
    expect(await store.finalize(name, again.id, arrived())).toBe('deduplicated');
    expect([sent('session_begin'), sent('session_record_first'), sent('session_finalize')]).toEqual([0, 0, 3]);
  });

  it('sends bytes that were there already to the outbox, never those of the blob', async () => {
    const store = open();
    const name = aRepository();
    const keys = [randomUUID(), randomUUID(), randomUUID()];
    const blob = digest();
    const outcomes = await Promise.all(
      keys.map(async (storageKey) => store.finalize(name, (await begin(store, name)).id, { digest: blob, size: 0, storageKey })),
    );
    const { storageKey: living } = (await new BlobStore(db()).find(name, blob))!;
    expect(outcomes.map((outcome, i) => outcome === 'stored' || keys[i] !== living)).toEqual([true, true, true]);
    expect(await reclaimed(keys)).toEqual(keys.filter((key) => key !== living).sort());
  });

  it('makes one blob of what sessions with and without rows bring at once', async () => {
    const [store, name, elsewhere] = [open(), aRepository(), aRepository()];
    const written = [await begin(rows(), name), await begin(rows(), name)];
    const sessions = [...written, await begin(store, name), await begin(store, name), await begin(store, elsewhere)];
    const blob = digest();
    const outcomes = await Promise.all(
      sessions.map((session) => store.finalize(session.name, session.id, { digest: blob, size: 0, storageKey: session.id })),
    );
    expect(outcomes.toSorted()).toEqual(['deduplicated', 'deduplicated', 'deduplicated', 'deduplicated', 'stored']);
    const blobs = new BlobStore(db());
    const { storageKey: living } = (await blobs.find(name, blob))!;
    expect(await blobs.find(elsewhere, blob)).toMatchObject({ storageKey: living });
    const keys: string[] = sessions.map(({ id }) => id);
    expect(outcomes[keys.indexOf(living)]).toBe('stored');
    expect(await reclaimed(keys)).toEqual(keys.filter((key) => key !== living).sort());
  });

  it('writes the row after its delay, with whatever the session has got and whoever is at work on it', async () => {
    const store = open(20);
    const [fresh, begun, busy] = [await begin(store), await begin(store), await begin(store)];
    await store.recordFirst({ ...begun, began, ...content() });
    const held = await leaseSession(store, busy);
    for (const { name, id } of [fresh, begun, busy]) await until(async () => (await rows().find(name, id)) !== null);
    expect(await rows().find(fresh.name, fresh.id)).toMatchObject({ state: 'open', offset: 0, storage: began, digestSoFar: null });
    expect(await rows().find(begun.name, begun.id)).toMatchObject({ offset: 9, ...content(), algorithm: 'sha256' });
    // From here on the row decides.
    expect(await rows().lease(busy.name, busy.id)).toMatchObject({ outcome: 'leased', takenOver: true });
    expect(await store.record(busy.id, held.lease, { ...content(), release: true })).toBe(false);
    expect(await store.finalize(begun.name, begun.id, arrived())).toBe('stored');
  });

  it('writes the row before it acknowledges what came under a lease', async () => {
    const store = open();
    const { name, id } = await begin(store);
    const held = await leaseSession(store, { name, id }, 0);
    expect(await rows().find(name, id)).toBeNull();
    expect(await store.record(id, randomUUID(), { ...content(), release: true })).toBe(false);
    expect(await store.record(id, held.lease, { ...content(), release: true })).toBe(true);
    expect(await rows().find(name, id)).toMatchObject({ offset: 9, ...content() });
    expect(await store.finalize(name, id, arrived())).toBe('stored');
  });

  it('writes all rows when it is closed', async () => {
    const store = open();
    const begun = await Promise.all(Array.from({ length: 40 }, () => begin(store)));
    await store.close();
    for (const { name, id } of begun) expect(await rows().find(name, id)).not.toBeNull();
  });

  it('forgets what was given up with nothing in it', async () => {
    const store = open();
    const { name, id } = await begin(store);
    expect(await store.cancel(name, id)).toBe(true);
    expect(await store.find(name, id)).toBeNull();
    expect(sent('session_begin') + sent('session_cancel')).toBe(0);
    expect(await database.sql('select from outbox where key = $1', [id])).toEqual([]);
  });

  it('remembers no more than a thousand', async () => {
    const store = open();
    const name = aRepository();
    for (let i = 0; i < 1_000; i += 1) await begin(store, name);
    expect(sent('session_begin')).toBe(0);
    const { id } = await begin(store, name);
    expect(await rows().find(name, id)).not.toBeNull();
  });
});
