import { randomUUID } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { jest } from '@jest/globals';
import pg from 'pg';
import type { RepositoryName } from '#oci';
import { BlobStore } from '../blobs/blob-store.js';
import { DatabaseUnavailableError } from '../database/database-errors.js';
import type { Database } from '../database/database.js';
import { withDatabase } from '../testing/index.js';
import { aRepository, digest, freePort, until } from '../testing/fixtures.js';
import { UploadSessionStore } from './upload-session-store.js';
import { WriteBehindSessionStore } from './write-behind-session-store.js';

const database = withDatabase();
const long = 600_000;
const storage = { offset: 0, piece: 'a' };
let content = { storage: { offset: 9, piece: 'b' }, digestSoFar: digest() };
const arrived = () => ({ digest: content.digestSoFar, size: 9, storageKey: randomUUID(), recorded: content });

describe('a store that writes rows behind', () => {
  let db: Database;
  let opened: WriteBehindSessionStore[];
  const open = (delayMs = long) => {
    const store = new WriteBehindSessionStore(db, {}, delayMs);
    opened.push(store);
    return store;
  };
  const rows = () => new UploadSessionStore(database.db);
  const sent = (statement: string) => db.statementCounts().get(statement) ?? 0;
  const begin = async (store: UploadSessionStore, name = aRepository(), id = randomUUID()) => {
    await store.begin(name, { id, storage, algorithm: 'sha256' });
    return { name, id };
  };

  beforeEach(async () => {
    opened = [];
    content = { ...content, digestSoFar: digest() };
    db = database.connect({ lockTimeoutMs: 100 });
    await db.ping();
  });
  afterEach(() => Promise.all(opened.map((store) => store.close())));

  it('makes the blob by the one statement there is', async () => {
    const store = open();
    const { name, id } = await begin(store);
    await store.recordFirst({ name, id, began: storage, ...content });
    expect(await store.finalize(name, id, arrived())).toBe('stored');
    expect(await new BlobStore(db).find(name, content.digestSoFar)).toMatchObject({ size: 9 });
    expect(await store.find(name, id)).toBeNull();
    const again = await begin(store, name);
    await store.recordFirst({ ...again, began: storage, ...content });
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
    const { storageKey: living } = (await new BlobStore(db).find(name, blob))!;
    expect(outcomes.map((outcome, i) => outcome === 'stored' || keys[i] !== living)).toEqual([true, true, true]);
    const due = await database.sql<{ key: string }>(`select key from outbox where kind = 'delete-object' and key = any($1)`, [keys]);
    expect(due.map(({ key }) => key).sort()).toEqual(keys.filter((key) => key !== living).sort());
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
    const blobs = new BlobStore(db);
    const { storageKey: living } = (await blobs.find(name, blob))!;
    expect(await blobs.find(elsewhere, blob)).toMatchObject({ storageKey: living });
    const keys: string[] = sessions.map(({ id }) => id);
    expect(outcomes[keys.indexOf(living)]).toBe('stored');
    const due = await database.sql<{ key: string }>(`select key from outbox where kind = 'delete-object' and key = any($1)`, [keys]);
    expect(due.map(({ key }) => key).sort()).toEqual(keys.filter((key) => key !== living).sort());
  });

  it('writes the row after its delay, with whatever the session has got and whoever is at work on it', async () => {
    const store = open(20);
    const [fresh, begun, busy] = [await begin(store), await begin(store), await begin(store)];
    await store.recordFirst({ ...begun, began: storage, ...content });
    const held = await store.lease(busy.name, busy.id);
    for (const { name, id } of [fresh, begun, busy]) await until(async () => (await rows().find(name, id)) !== null);
    expect(await rows().find(fresh.name, fresh.id)).toMatchObject({ state: 'open', offset: 0, storage, digestSoFar: null });
    expect(await rows().find(begun.name, begun.id)).toMatchObject({ offset: 9, ...content, algorithm: 'sha256' });
    // From here on the row decides.
    expect(await rows().lease(busy.name, busy.id)).toMatchObject({ outcome: 'leased', takenOver: true });
    if (held.outcome !== 'leased') throw new Error(held.outcome);
    expect(await store.record(busy.id, held.lease, { ...content, release: true })).toBe(false);
    expect(await store.finalize(begun.name, begun.id, arrived())).toBe('stored');
  });

  it('writes the row before it acknowledges what came under a lease', async () => {
    const store = open();
    const { name, id } = await begin(store);
    const held = await store.lease(name, id, 0);
    if (held.outcome !== 'leased') throw new Error(held.outcome);
    expect(await rows().find(name, id)).toBeNull();
    expect(await store.record(id, randomUUID(), { ...content, release: true })).toBe(false);
    expect(await store.record(id, held.lease, { ...content, release: true })).toBe(true);
    expect(await rows().find(name, id)).toMatchObject({ offset: 9, ...content });
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

  it('asks a server that has been silent whether it is there', async () => {
    db = database.connect();
    const asked = await begin(open());
    expect(await rows().find(asked.name, asked.id)).not.toBeNull();
    db = database.connect({ url: `postgres://x@127.0.0.1:${await freePort()}/x` });
    await expect(begin(open())).rejects.toThrow(DatabaseUnavailableError);
  });

  it('does not take a server at its word whose connection has broken since', async () => {
    await database.sql(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await until(() => Promise.resolve(!db.main.hasAnsweredWithin(1_000)));
    const { name, id } = await begin(open());
    expect(await rows().find(name, id)).not.toBeNull();
  });

  describe('while somebody has locked a table', () => {
    let other: pg.Client;
    const lock = async (table: string) => {
      await other.query('begin');
      await other.query(`lock table ${table}`);
    };
    beforeEach(async () => {
      other = new pg.Client({ connectionString: database.url });
      other.on('error', () => {});
      await other.connect();
    });
    afterEach(() => other.end());

    async function ready(store: UploadSessionStore): Promise<{ name: RepositoryName; id: string }> {
      const begun = await begin(store);
      await begin(rows(), begun.name);
      await store.recordFirst({ ...begun, began: storage, ...content });
      return begun;
    }

    it('lets those wait who ask for a session that is on its way to a blob', async () => {
      const store = open();
      const { name, id } = await ready(store);
      await lock('blobs');
      const finalized = store.finalize(name, id, arrived());
      const asked = [store.find(name, id), store.cancel(name, id), store.finalize(name, id, arrived())];
      await other.query('commit');
      expect(await Promise.all([finalized, ...asked])).toEqual(['stored', null, false, 'gone']);
    });

    it('has the session back where the server has refused to make the blob', async () => {
      const store = open();
      const { name, id } = await ready(store);
      await lock('blobs');
      const finalized = store.finalize(name, id, arrived());
      const asked = store.find(name, id);
      await expect(finalized).rejects.toThrow(DatabaseUnavailableError);
      expect(await asked).toMatchObject({ id, offset: 9, ...content });
      await other.query('commit');
      expect(await store.finalize(name, id, arrived())).toBe('stored');
    });

    it('has it no more where nobody knows whether there is a blob', async () => {
      const store = open();
      const { name, id } = await ready(store);
      await lock('blobs');
      const finalized = store.finalize(name, id, arrived());
      const waits = `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      await until(async () => (await database.sql(waits)).length > 0);
      await database.sql(`select pg_terminate_backend(pid) from (${waits}) as waiting`);
      await expect(finalized).rejects.toThrow(DatabaseUnavailableError);
      await other.query('commit');
      expect(await store.find(name, id)).toBeNull();
      expect(await store.finalize(name, id, arrived())).toBe('gone');
    });

    it('writes a row that was refused once more', async () => {
      const store = open(20);
      const { name, id } = await ready(store);
      await lock('upload_sessions');
      await until(() => Promise.resolve(sent('session_begin') > 0));
      // Not lost, whatever has become of its row.
      expect(await store.lease(name, id, 9)).toMatchObject({ outcome: 'leased', takenOver: false });
      await other.query('commit');
      await until(async () => (await rows().find(name, id)) !== null);
      expect(await rows().lease(name, id)).toMatchObject({ outcome: 'leased', takenOver: true });
    });

    it('lets those who begin hear that the server takes no rows, until it does', async () => {
      const store = open(20);
      const { name, id } = await ready(store);
      await lock('upload_sessions');
      await until(() => Promise.resolve(sent('session_begin') > 0));
      await store.find(name, id);
      await expect(begin(store, name)).rejects.toThrow(DatabaseUnavailableError);
      await other.query('commit');
      const direct = await begin(store, name);
      expect(await rows().find(name, direct.id)).not.toBeNull();
      const remembered = await begin(open(), name);
      expect(await rows().find(name, remembered.id)).toBeNull();
    });

    it('remembers no more than a thousand where rows don’t get through either', async () => {
      const store = open(1);
      const name = aRepository();
      await begin(rows(), name);
      await lock('upload_sessions');
      let begun = 0;
      const all = Array.from({ length: 1_200 }, () => begin(store, name).then(() => (begun += 1)));
      await turn();
      expect(begun).toBe(1_000);
      await other.query('commit');
      await Promise.all(all);
    });

    it('has nothing left that it would do after it was closed', async () => {
      const store = open(20);
      const { name, id } = await ready(store);
      await lock('upload_sessions');
      await until(() => Promise.resolve(sent('session_begin') > 0));
      const closed = store.close();
      await other.query('commit');
      await closed;
      expect(await rows().find(name, id)).not.toBeNull();
      const late = await begin(store, name);
      expect(await rows().find(name, late.id)).not.toBeNull();
    });
  });

  it('gives up a row that the server has refused for a minute', async () => {
    const store = open(20);
    const { name } = await begin(rows());
    const { id } = await begin(store, name);
    await database.sql(`alter table upload_sessions add constraint refused check (id <> '${id}')`);
    const now = performance.now.bind(performance);
    const later = jest.spyOn(performance, 'now').mockImplementation(() => now() + 60_000);
    await until(async () => (await store.find(name, id)) === null);
    later.mockRestore();
    expect(sent('session_begin')).toBe(1);
    await database.sql(`alter table upload_sessions drop constraint refused`);
  });
});
