import { randomUUID } from 'node:crypto';
import type { RepositoryName } from '#oci';
import type { Database } from '../database/database.js';
import { UploadSessionStore } from '../uploads/upload-session-store.js';
import { WriteBehindSessionStore } from '../uploads/write-behind-session-store.js';
import { beginSession, digest } from './fixtures.js';
import type { TestDatabase } from './with-database.js';

/** Longer than any spec takes. */
const long = 600_000;

/** Gives each test of the spec that calls it connections of one process that has just heard of its server, and what such a process opens. */
export function withWriteBehind(database: TestDatabase) {
  let db: Database;
  let opened: WriteBehindSessionStore[];
  let content: { storage: { offset: number; piece: string }; digestSoFar: ReturnType<typeof digest> };
  const began = { offset: 0, piece: 'a' };

  beforeEach(async () => {
    opened = [];
    content = { storage: { offset: 9, piece: 'b' }, digestSoFar: digest() };
    db = database.connect({ lockTimeoutMs: 100 });
    await db.ping();
  });
  afterEach(() => Promise.all(opened.map((store) => store.close())));

  return {
    /** What sessions begin with, and what they get. */
    began,
    content: () => content,
    /** The blob that a session with that content becomes. */
    arrived: () => ({ digest: content.digestSoFar, size: 9, storageKey: randomUUID(), recorded: content }),
    db: () => db,
    /** The store under test, closed after the test. */
    open(delayMs = long, connections = db): WriteBehindSessionStore {
      const store = new WriteBehindSessionStore(connections, {}, delayMs);
      opened.push(store);
      return store;
    },
    /** Sees rows alone. */
    rows: () => new UploadSessionStore(database.db),
    sent: (statement: string) => db.statementCounts().get(statement) ?? 0,
    begin: (store: UploadSessionStore, name?: RepositoryName) => beginSession(store, { name, storage: began }),
  };
}
