import { randomUUID } from 'node:crypto';
import { withDatabase } from '../testing/index.js';
import { beginSession, digest, leaseSession } from '../testing/fixtures.js';
import { UploadSessionStore } from './upload-session-store.js';

const database = withDatabase();

describe('the row of an upload session', () => {
  it('that can not be begun fails alone, whoever begins at the same time', async () => {
    const uploads = new UploadSessionStore(database.db);
    const { name, id } = await beginSession(uploads);
    const before = database.db.statementCounts().get('session_begin') ?? 0;
    const one = (session: string) => uploads.begin(name, { id: session, storage: { offset: 0 }, algorithm: 'sha256' as const });
    const fresh = [randomUUID(), randomUUID()];
    const outcomes = await Promise.allSettled([one(fresh[0]!), one(id), one(fresh[1]!)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { code: '23505' } });
    for (const session of fresh) expect(await uploads.find(name, session)).not.toBeNull();
    expect(database.db.statementCounts().get('session_begin')).toBe(before + 4);
  });

  it('sends bytes to the outbox when it is given up, also where nobody has been at it', async () => {
    const uploads = new UploadSessionStore(database.db);
    const { name, id } = await beginSession(uploads);
    expect(await uploads.cancel(name, id)).toBe(true);
    expect(await database.sql('select kind, payload from outbox where key = $1', [id])).toEqual([
      { kind: 'abort-upload', payload: { offset: 0, piece: 'a' } },
    ]);
  });

  it('lives on while progress is recorded, but is not written for that each time', async () => {
    const uploads = new UploadSessionStore(database.db, { uploadExpirySeconds: 100 });
    const { name, id } = await beginSession(uploads);
    const expiry = async () =>
      (
        await database.sql<{ left: string }>('select extract(epoch from expires_at - now()) as left from upload_sessions where id = $1', [
          id,
        ])
      )[0]!.left;
    const { lease } = await leaseSession(uploads, { name, id });
    const progress = { storage: { offset: 1 }, digestSoFar: null, release: false };
    await database.sql(`update upload_sessions set expires_at = now() + interval '60 seconds' where id = $1`, [id]);
    await uploads.record(id, lease, progress);
    expect(Number(await expiry())).toBeLessThanOrEqual(60);
    await database.sql(`update upload_sessions set expires_at = now() + interval '40 seconds' where id = $1`, [id]);
    await uploads.record(id, lease, progress);
    expect(Number(await expiry())).toBeGreaterThan(60);
  });

  it('expires: unfinished bytes go to the outbox, verdicts just go', async () => {
    const uploads = new UploadSessionStore(database.db);
    const open = await beginSession(uploads);
    const completed = await beginSession(uploads);
    const failed = await beginSession(uploads);
    const young = await beginSession(uploads);
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
