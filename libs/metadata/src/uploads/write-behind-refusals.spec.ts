import type { UploadSessionStore } from './upload-session-store.js';
import { setImmediate as turn } from 'node:timers/promises';
import { jest } from '@jest/globals';
import pg from 'pg';
import type { RepositoryName } from '#oci';
import { DatabaseUnavailableError } from '../database/database-errors.js';
import { withDatabase } from '../testing/index.js';
import { withWriteBehind } from '../testing/with-write-behind.js';
import { aRepository, freePort, until } from '../testing/fixtures.js';

const database = withDatabase();
describe('a store that writes rows behind, and a server that is gone, refuses or waits', () => {
  const { arrived, began, begin, content, db, open, rows, sent } = withWriteBehind(database);

  it('asks a server that has been silent whether it is there', async () => {
    const asked = await begin(open(undefined, database.connect()));
    expect(await rows().find(asked.name, asked.id)).not.toBeNull();
    const nobody = database.connect({ url: `postgres://x@127.0.0.1:${await freePort()}/x` });
    await expect(begin(open(undefined, nobody))).rejects.toThrow(DatabaseUnavailableError);
  });

  it('does not take a server at its word whose connection has broken since', async () => {
    await database.sql(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await until(() => Promise.resolve(!db().main.hasAnsweredWithin(1_000)));
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
      await store.recordFirst({ ...begun, began, ...content() });
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
      expect(await asked).toMatchObject({ id, offset: 9, ...content() });
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
