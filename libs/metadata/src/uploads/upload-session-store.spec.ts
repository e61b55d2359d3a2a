import { randomUUID } from 'node:crypto';
import { withDatabase } from '../testing/index.js';
import { aRepository, digest } from '../testing/fixtures.js';
import { UploadSessionStore } from './upload-session-store.js';

const database = withDatabase();
const stores = () => [new UploadSessionStore(database.db), new UploadSessionStore(database.connect())] as const;

async function begin(uploads: UploadSessionStore, name = aRepository()) {
  const id = randomUUID();
  await uploads.begin(name, { id, storage: { offset: 0, piece: 'a' }, algorithm: 'sha256' });
  return { name, id };
}

async function leased(uploads: UploadSessionStore, name: Awaited<ReturnType<typeof begin>>['name'], id: string, offset?: number) {
  const outcome = await uploads.lease(name, id, offset);
  if (outcome.outcome !== 'leased') throw new Error(outcome.outcome);
  return outcome;
}

describe('an upload session', () => {
  it('is found as it was begun, and only in its repository', async () => {
    const [uploads, elsewhere] = stores();
    const { name, id } = await begin(uploads);
    const expected = {
      id,
      repository: name,
      state: 'open',
      offset: 0,
      storage: { offset: 0, piece: 'a' },
      digestSoFar: null,
      algorithm: 'sha256',
    };
    expect(await elsewhere.find(name, id)).toMatchObject(expected);
    expect(await uploads.find(aRepository(), id)).toBeNull();
    expect(await uploads.find(name, randomUUID())).toBeNull();
  });

  it('goes on at its offset only', async () => {
    const [uploads, elsewhere] = stores();
    const { name, id } = await begin(uploads);
    const { lease, takenOver } = await leased(uploads, name, id, 0);
    expect(takenOver).toBe(false);
    expect(await uploads.record(id, lease, { storage: { offset: 9 }, digestSoFar: digest('9 bytes'), release: true })).toBe(true);
    expect(await elsewhere.lease(name, id, 0)).toEqual({ outcome: 'outOfOrder', offset: 9 });
    expect(await elsewhere.lease(name, randomUUID(), 0)).toEqual({ outcome: 'unknown' });
    expect(await elsewhere.lease(aRepository(), id, 9)).toEqual({ outcome: 'unknown' });
    const next = await leased(elsewhere, name, id, 9);
    expect(next.takenOver).toBe(false);
    expect(next.session).toMatchObject({ offset: 9, storage: { offset: 9 }, digestSoFar: digest('9 bytes') });
  });

  it('becomes a blob as it was recorded, while nobody has been at it since', async () => {
    const [uploads, elsewhere] = stores();
    const { name, id } = await begin(uploads);
    const { lease } = await leased(uploads, name, id, 0);
    const digestSoFar = digest('nine bytes');
    const arrived = (storage: { offset: number; pieces: string[] }, claimed = digestSoFar) => ({
      digest: claimed,
      size: 9,
      storageKey: randomUUID(),
      recorded: storage,
    });
    const storage = { offset: 9, pieces: ['a'] };
    await uploads.record(id, lease, { storage, digestSoFar, release: false });
    expect(await uploads.finalize(name, id, arrived(storage))).toBe('gone');
    await uploads.record(id, lease, { storage, digestSoFar, release: true });
    expect(await uploads.finalize(name, id, arrived({ offset: 9, pieces: ['b'] }))).toBe('gone');
    const later = await leased(elsewhere, name, id);
    expect(await uploads.finalize(name, id, arrived(storage))).toBe('gone');
    await elsewhere.record(id, later.lease, { storage: { offset: 9, pieces: ['a', 'c'] }, digestSoFar, release: true });
    expect(await uploads.finalize(name, id, arrived(storage))).toBe('gone');
    expect(await uploads.finalize(name, id, arrived({ offset: 9, pieces: ['a', 'c'] }, digest('others')))).toBe('gone');
    expect(await uploads.finalize(name, id, arrived({ offset: 9, pieces: ['a', 'c'] }))).toBe('stored');
  });

  it('counts nothing of a writer whose lease was taken over', async () => {
    const [uploads, elsewhere] = stores();
    const { name, id } = await begin(uploads);
    const first = await leased(uploads, name, id, 0);
    const second = await leased(elsewhere, name, id);
    expect(second.takenOver).toBe(true);
    expect(await uploads.record(id, first.lease, { storage: { offset: 5 }, digestSoFar: null, release: true })).toBe(false);
    expect(await uploads.complete(name, id, { digest: digest(), lease: first.lease })).toBe(false);
    expect(await elsewhere.record(id, second.lease, { storage: { offset: 3 }, digestSoFar: null, release: false })).toBe(true);
    expect(await elsewhere.record(id, second.lease, { storage: { offset: 2 }, digestSoFar: null, release: false })).toBe(false);
    expect(await uploads.find(name, id)).toMatchObject({ offset: 3 });
  });

  it('has one holder when many take it at once', async () => {
    const [uploads, elsewhere] = stores();
    const { name, id } = await begin(uploads);
    const taken = await Promise.all(Array.from({ length: 12 }, (_, i) => leased(i % 2 ? uploads : elsewhere, name, id)));
    const recorded = await Promise.all(
      taken.map(({ lease }) => uploads.record(id, lease, { storage: { offset: 1 }, digestSoFar: null, release: false })),
    );
    expect(recorded.filter(Boolean)).toHaveLength(1);
    expect(taken.filter(({ takenOver }) => !takenOver)).toHaveLength(1);
  });

  it('sends its bytes to the outbox when it is given up, once', async () => {
    const [uploads] = stores();
    const { name, id } = await begin(uploads);
    expect(await uploads.cancel(aRepository(), id)).toBe(false);
    expect(await uploads.cancel(name, id)).toBe(true);
    expect(await uploads.cancel(name, id)).toBe(false);
    await uploads.reject(name, id);
    expect(await uploads.find(name, id)).toBeNull();
    expect(await database.sql('select kind, payload from outbox where key = $1', [id])).toEqual([
      { kind: 'abort-upload', payload: { offset: 0, piece: 'a' } },
    ]);
  });

  it('lives on while progress is recorded, but is not written for that each time', async () => {
    const uploads = new UploadSessionStore(database.db, { uploadExpirySeconds: 100 });
    const { name, id } = await begin(uploads);
    const expiry = async () =>
      (
        await database.sql<{ left: string }>('select extract(epoch from expires_at - now()) as left from upload_sessions where id = $1', [
          id,
        ])
      )[0]!.left;
    const { lease } = await leased(uploads, name, id);
    const progress = { storage: { offset: 1 }, digestSoFar: null, release: false };
    await database.sql(`update upload_sessions set expires_at = now() + interval '60 seconds' where id = $1`, [id]);
    await uploads.record(id, lease, progress);
    expect(Number(await expiry())).toBeLessThanOrEqual(60);
    await database.sql(`update upload_sessions set expires_at = now() + interval '40 seconds' where id = $1`, [id]);
    await uploads.record(id, lease, progress);
    expect(Number(await expiry())).toBeGreaterThan(60);
  });

  it('expires: unfinished bytes go to the outbox, verdicts just go', async () => {
    const [uploads] = stores();
    const open = await begin(uploads);
    const completed = await begin(uploads);
    const failed = await begin(uploads);
    const young = await begin(uploads);
    for (const { name, id } of [completed, failed]) await uploads.complete(name, id, { digest: digest() });
    await uploads.settle(failed.id, { ok: false, kind: 'digestMismatch' });
    await database.sql('update upload_sessions set expires_at = now() where id = any($1)', [[open.id, completed.id, failed.id]]);
    await database.sql(`delete from outbox`);
    expect((await uploads.expire(2)) + (await uploads.expire(2))).toBe(3);
    expect(await uploads.expire(2)).toBe(0);
    const aborted = await database.sql<{ key: string }>(`select key from outbox where kind = 'abort-upload'`);
    expect(aborted.map(({ key }) => key).sort()).toEqual([open.id, completed.id].sort());
    expect(await uploads.find(young.name, young.id)).not.toBeNull();
  });
});
