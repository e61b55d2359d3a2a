import { randomUUID } from 'node:crypto';
import { withDatabase } from '../testing/index.js';
import { aRepository, beginSession, digest, leaseSession } from '../testing/fixtures.js';
import { UploadSessionStore } from './upload-session-store.js';
import { WriteBehindSessionStore } from './write-behind-session-store.js';

const database = withDatabase();
type Stores = readonly [UploadSessionStore, UploadSessionStore];
const atOnce = (): Stores => [new UploadSessionStore(database.db), new UploadSessionStore(database.connect())];
/** One process, which keeps them for longer than any of this takes. */
const behind = (): Stores => {
  const store = new WriteBehindSessionStore(database.db, {}, 600_000);
  return [store, store];
};

describe.each([
  ['at once', atOnce],
  ['behind', behind],
])('an upload session whose row is written %s', (_when, open) => {
  let opened: Stores[];
  const stores = () => opened[opened.push(open()) - 1]!;
  // A server that has answered a moment ago is taken at its word.
  beforeEach(async () => {
    opened = [];
    await database.db.ping();
  });
  afterEach(() => Promise.all(opened.flat().map((store) => store.close())));

  it('is found as it was begun, and only in its repository', async () => {
    const [uploads, elsewhere] = stores();
    const { name, id } = await beginSession(uploads);
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
    const { name, id } = await beginSession(uploads);
    const { lease, takenOver } = await leaseSession(uploads, { name, id }, 0);
    expect(takenOver).toBe(false);
    expect(await uploads.record(id, lease, { storage: { offset: 9 }, digestSoFar: digest('9 bytes'), release: true })).toBe(true);
    expect(await elsewhere.lease(name, id, 0)).toEqual({ outcome: 'outOfOrder', offset: 9 });
    expect(await elsewhere.lease(name, randomUUID(), 0)).toEqual({ outcome: 'unknown' });
    expect(await elsewhere.lease(aRepository(), id, 9)).toEqual({ outcome: 'unknown' });
    const next = await leaseSession(elsewhere, { name, id }, 9);
    expect(next.takenOver).toBe(false);
    expect(next.session).toMatchObject({ offset: 9, storage: { offset: 9 }, digestSoFar: digest('9 bytes') });
  });

  it('becomes a blob as it was recorded, while nobody has been at it since', async () => {
    const [uploads, elsewhere] = stores();
    const { name, id } = await beginSession(uploads);
    const { lease } = await leaseSession(uploads, { name, id }, 0);
    const digestSoFar = digest();
    const arrived = (storage: { offset: number; pieces: string[] }, claimed = digestSoFar) => ({
      digest: claimed,
      size: 9,
      storageKey: randomUUID(),
      recorded: { storage, digestSoFar: claimed },
    });
    const storage = { offset: 9, pieces: ['a'] };
    await uploads.record(id, lease, { storage, digestSoFar, release: false });
    expect(await uploads.finalize(name, id, arrived(storage))).toBe('gone');
    await uploads.record(id, lease, { storage, digestSoFar, release: true });
    expect(await uploads.finalize(name, id, arrived({ offset: 9, pieces: ['b'] }))).toBe('gone');
    const later = await leaseSession(elsewhere, { name, id });
    expect(await uploads.finalize(name, id, arrived(storage))).toBe('gone');
    await elsewhere.record(id, later.lease, { storage: { offset: 9, pieces: ['a', 'c'] }, digestSoFar, release: true });
    expect(await uploads.finalize(name, id, arrived(storage))).toBe('gone');
    expect(await uploads.finalize(name, id, arrived({ offset: 9, pieces: ['a', 'c'] }, digest('others')))).toBe('gone');
    expect(await uploads.finalize(name, id, arrived({ offset: 9, pieces: ['a', 'c'] }))).toBe('stored');
  });

  const began = { offset: 0, piece: 'a' };
  const first = (mark: string) => ({ storage: { offset: 9, piece: mark }, digestSoFar: digest(mark) });

  it('takes the first bytes of one of many that took no lease', async () => {
    const [uploads, elsewhere] = stores();
    const { name, id } = await beginSession(uploads);
    expect(await uploads.recordFirst({ name: aRepository(), id, began, ...first('b') })).toBe(false);
    const marks = Array.from({ length: 12 }, (_, i) => `piece ${i}`);
    const recorded = await Promise.all(
      marks.map((mark, i) => (i % 2 ? uploads : elsewhere).recordFirst({ name, id, began, ...first(mark) })),
    );
    expect(recorded.filter(Boolean)).toHaveLength(1);
    expect(await uploads.find(name, id)).toMatchObject({ offset: 9, ...first(marks[recorded.indexOf(true)]!) });
  });

  it('takes no first bytes while somebody is at work on it, nor once there are some', async () => {
    const [uploads, elsewhere] = stores();
    const { name, id } = await beginSession(uploads);
    const { lease } = await leaseSession(elsewhere, { name, id });
    expect(await uploads.recordFirst({ name, id, began, ...first('b') })).toBe(false);
    // He has come and gone, and nothing has come with him.
    await elsewhere.record(id, lease, { storage: began, digestSoFar: null, release: true });
    const own = randomUUID();
    expect(await uploads.recordFirst({ name, id, began, ...first('b'), lease: own })).toBe(true);
    expect(await elsewhere.recordFirst({ name, id, began: first('b').storage, ...first('c') })).toBe(false);
    expect(await uploads.complete(name, id, { digest: digest(), lease: randomUUID() })).toBe(false);
    expect(await uploads.record(id, own, { ...first('b'), release: true })).toBe(true);
    expect(await elsewhere.recordFirst({ name, id, began, ...first('c') })).toBe(false);
  });

  it('becomes the blob that came as its first bytes, unless somebody has been at it', async () => {
    const [uploads, elsewhere] = stores();
    const arrived = () => ({
      digest: digest(),
      size: 9,
      storageKey: randomUUID(),
      recorded: { storage: began, digestSoFar: null },
    });
    const untouched = await beginSession(uploads);
    expect(await elsewhere.finalize(untouched.name, untouched.id, arrived())).toBe('stored');
    const begun = await beginSession(uploads);
    const { lease } = await leaseSession(elsewhere, begun);
    expect(await uploads.finalize(begun.name, begun.id, arrived())).toBe('gone');
    await elsewhere.record(begun.id, lease, { ...first('b'), release: true });
    expect(await uploads.finalize(begun.name, begun.id, arrived())).toBe('gone');
  });

  it('sends away what was stored apart from it', async () => {
    const [uploads] = stores();
    const { name, id } = await beginSession(uploads);
    const discarded = ({ piece }: { piece: string }) => database.sql(`select kind from outbox where payload ->> 'piece' = $1`, [piece]);
    const [other, own, blob] = [first(randomUUID()), first(randomUUID()), first(randomUUID())];
    await uploads.discard(id, other.storage, randomUUID());
    expect(await discarded(other.storage)).toEqual([{ kind: 'abort-upload' }]);

    expect(await uploads.recordFirst({ name, id, began, ...own })).toBe(true);
    await uploads.discard(id, own.storage, null);
    expect(await discarded(own.storage)).toEqual([]);

    const storageKey = randomUUID();
    const published = await beginSession(uploads);
    const recorded = { storage: began, digestSoFar: null };
    expect(await uploads.finalize(published.name, published.id, { digest: digest(), size: 9, storageKey, recorded })).toBe('stored');
    await uploads.discard(published.id, blob.storage, storageKey);
    expect(await discarded(blob.storage)).toEqual([]);
  });

  it('lives on while somebody receives its first bytes, who has no lease', async () => {
    const [uploads] = stores();
    const { name, id } = await beginSession(uploads);
    expect(await uploads.prolong(id, randomUUID())).toBe(true);
    await leaseSession(uploads, { name, id });
    expect(await uploads.prolong(id, randomUUID())).toBe(false);
  });

  it('counts nothing of a writer whose lease was taken over', async () => {
    const [uploads, elsewhere] = stores();
    const { name, id } = await beginSession(uploads);
    const first = await leaseSession(uploads, { name, id }, 0);
    const second = await leaseSession(elsewhere, { name, id });
    expect(second.takenOver).toBe(true);
    expect(await uploads.record(id, first.lease, { storage: { offset: 5 }, digestSoFar: null, release: true })).toBe(false);
    expect(await uploads.complete(name, id, { digest: digest(), lease: first.lease })).toBe(false);
    expect(await elsewhere.record(id, second.lease, { storage: { offset: 3 }, digestSoFar: null, release: false })).toBe(true);
    expect(await elsewhere.record(id, second.lease, { storage: { offset: 2 }, digestSoFar: null, release: false })).toBe(false);
    expect(await uploads.find(name, id)).toMatchObject({ offset: 3 });
  });

  it('has one holder when many take it at once', async () => {
    const [uploads, elsewhere] = stores();
    const { name, id } = await beginSession(uploads);
    const taken = await Promise.all(Array.from({ length: 12 }, (_, i) => leaseSession(i % 2 ? uploads : elsewhere, { name, id })));
    const recorded = await Promise.all(
      taken.map(({ lease }) => uploads.record(id, lease, { storage: { offset: 1 }, digestSoFar: null, release: false })),
    );
    expect(recorded.filter(Boolean)).toHaveLength(1);
    expect(taken.filter(({ takenOver }) => !takenOver)).toHaveLength(1);
  });

  it('sends its bytes to the outbox when it is given up, once', async () => {
    const [uploads] = stores();
    const { name, id } = await beginSession(uploads);
    await leaseSession(uploads, { name, id });
    expect(await uploads.cancel(aRepository(), id)).toBe(false);
    expect(await uploads.cancel(name, id, randomUUID())).toBe(false);
    expect(await uploads.cancel(name, id)).toBe(true);
    expect(await uploads.cancel(name, id)).toBe(false);
    expect(await uploads.find(name, id)).toBeNull();
    expect(await database.sql('select kind, payload from outbox where key = $1', [id])).toEqual([
      { kind: 'abort-upload', payload: { offset: 0, piece: 'a' } },
    ]);
  });
});
