import { randomUUID } from 'node:crypto';
import { MaintenanceStore } from '../maintenance/maintenance-store.js';
import { aRepository, digest, pushBlob } from '../testing/fixtures.js';
import { withDatabase } from '../testing/index.js';
import { UploadSessionStore } from '../uploads/upload-session-store.js';
import { OrphanStore } from './orphan-store.js';

const database = withDatabase();
const key = () => `blobs/00/${randomUUID()}`;

/** A key for everything that may hold an object, and one that nobody knows. */
async function everyKind() {
  const uploads = new UploadSessionStore(database.db);
  const name = aRepository();
  const keys = {
    blob: await pushBlob(uploads, name, digest()),
    open: key(),
    tail: key(),
    given: key(),
    going: key(),
    parked: key(),
    orphan: key(),
  };
  const id = randomUUID();
  const storage = {
    offset: 5,
    pieces: [{ key: keys.open, length: 5 }],
    joinKey: null,
    tails: [{ key: keys.tail }],
    multipart: { id: 'upload-1' },
  };
  await uploads.begin(name, { id, storage, algorithm: 'sha256' });
  const cancelled = randomUUID();
  await uploads.begin(name, { id: cancelled, storage: { offset: 1, key: keys.given }, algorithm: 'sha256' });
  await uploads.cancel(name, cancelled);
  await database.sql(
    `insert into outbox (kind, key, not_before, parked_at) values ('delete-object', $1, now() + interval '1 hour', null), ('delete-object', $2, now(), now())`,
    [keys.going, keys.parked],
  );
  return { keys, uploads, name, id };
}

describe('OrphanStore', () => {
  afterEach(() => database.sql('truncate outbox, upload_sessions'));

  it('knows an object by its blob, by an upload or its clean-up, and by its deletion', async () => {
    const { keys } = await everyKind();
    const found = await new OrphanStore(database.db).find(Object.values(keys));
    expect([...found]).toEqual([keys.orphan]);
  });

  it('deletes through the outbox, only what is still an orphan then', async () => {
    const orphans = new OrphanStore(database.db);
    const { keys, uploads, name } = await everyKind();
    const late = key();
    expect(await orphans.find([late, keys.orphan])).toEqual(new Set([late, keys.orphan]));
    await uploads.begin(name, { id: randomUUID(), storage: { offset: 1, key: late }, algorithm: 'sha256' });
    expect(await orphans.delete([late, ...Object.values(keys)])).toEqual(new Set([keys.orphan]));
    expect(await orphans.delete([keys.orphan])).toEqual(new Set());
    const due = await database.sql(`select key from outbox where kind = 'delete-object' and not_before <= now() and parked_at is null`);
    expect(due).toEqual([{ key: keys.orphan }]);
  });

  it('knows a multipart upload by its id and by its key', async () => {
    const { keys } = await everyKind();
    const stranger = { key: keys.orphan, id: 'upload-3', startedAt: new Date() };
    const listed = [{ key: key(), id: 'upload-1' }, { key: keys.open, id: 'upload-2' }, stranger, { key: keys.given, id: 'upload-4' }];
    expect(await new OrphanStore(database.db).findUploads(listed)).toEqual([stranger]);
    await database.sql('truncate upload_sessions, outbox');
    expect(await new OrphanStore(database.db).findUploads(listed)).toEqual(listed);
  });

  it('remembers what a run found, once, until the run goes', async () => {
    const orphans = new OrphanStore(database.db);
    const run = await new MaintenanceStore(database.db).request('sweep');
    const found = ['a', 'b', 'c'].map((name) => ({ key: `blobs/${name}`, upload: '', size: 3 }));
    found.push({ key: 'blobs/b', upload: 'upload-1', size: 0 });
    await orphans.note(run, found);
    await orphans.note(run, found.slice(1));
    const page = await orphans.noted(run, null, 3);
    expect([...page, ...(await orphans.noted(run, page.at(-1)!, 3))]).toEqual([found[0], found[1], found[3], found[2]]);
    await database.sql('delete from maintenance_runs');
    expect(await orphans.noted(run, null, 3)).toEqual([]);
  });

  it('walks blobs by key, and tells whether an object is still a blob’s', async () => {
    const [orphans, uploads, name] = [new OrphanStore(database.db), new UploadSessionStore(database.db), aRepository()];
    const blob = digest();
    const storageKey = await pushBlob(uploads, name, blob);
    expect(await orphans.blobsBetween(storageKey.slice(0, -1), `${storageKey}0`, 10)).toEqual([
      { digest: blob, size: 7, storageKey, damaged: false },
    ]);
    expect(await orphans.blobsBetween(storageKey, `${storageKey}0`, 10)).toEqual([]);
    expect(await orphans.isCurrent({ digest: blob, storageKey })).toBe(true);
    expect(await orphans.isCurrent({ digest: blob, storageKey: key() })).toBe(false);
  });
});
