import { randomUUID } from 'node:crypto';
import type { Digest, RepositoryName } from '#oci';
import { BlobStore } from '../blobs/blob-store.js';
import { withDatabase } from '../testing/index.js';
import { aRepository, beginSession, digest, pushBlob } from '../testing/fixtures.js';
import { UploadSessionStore } from './upload-session-store.js';

const database = withDatabase();
const outboxOf = (key: string) =>
  database.sql<{ kind: string; later: boolean }>('select kind, not_before > now() as later from outbox where key = $1', [key]);
const reviewsOf = (blob: Digest) =>
  database.sql<{ kind: string }>(`select kind, not_before > now() as later from reviews where digest_text(digest) = $1`, [blob]);

async function begin(uploads: UploadSessionStore, name: RepositoryName) {
  return (await beginSession(uploads, { name, storage: { offset: 7 } })).id;
}

describe('finalizing a session', () => {
  it('makes blob, link and review, and ends the session', async () => {
    const uploads = new UploadSessionStore(database.db);
    const name = aRepository();
    const id = await begin(uploads, name);
    const blob = { digest: digest(), size: 7, storageKey: `k/${id}` };
    expect(await uploads.finalize(aRepository(), id, blob)).toBe('gone');
    expect(await uploads.finalize(name, id, blob)).toBe('stored');
    expect(await new BlobStore(database.connect()).find(name, blob.digest)).toEqual({ size: 7, storageKey: blob.storageKey });
    expect(await uploads.find(name, id)).toBeNull();
    expect(await reviewsOf(blob.digest)).toEqual([{ kind: 'link', later: true }]);
  });

  it('does nothing when it is repeated after an unknown outcome', async () => {
    const uploads = new UploadSessionStore(database.db);
    const name = aRepository();
    const id = await begin(uploads, name);
    const blob = { digest: digest(), size: 7, storageKey: `k/${id}` };
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => uploads.finalize(name, id, blob)));
    expect(outcomes.sort()).toEqual(['gone', 'gone', 'gone', 'gone', 'stored']);
    expect(await outboxOf(blob.storageKey)).toEqual([]);
    expect(await new BlobStore(database.db).find(name, blob.digest)).toMatchObject({ storageKey: blob.storageKey });
  });

  it('keeps one of many that arrive with the same digest at once, and reclaims the others', async () => {
    const uploads = new UploadSessionStore(database.db);
    const one = digest();
    const names = Array.from({ length: 8 }, () => aRepository());
    const ids = await Promise.all(names.map((name) => begin(uploads, name)));
    const outcomes = await Promise.all(
      names.map((name, i) => uploads.finalize(name, ids[i]!, { digest: one, size: 7, storageKey: `k/${ids[i]}` })),
    );
    expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'deduplicated')).toHaveLength(7);
    const living = await new BlobStore(database.db).find(names[0]!, one);
    for (const [i, id] of ids.entries()) {
      expect(await outboxOf(`k/${id}`)).toEqual(outcomes[i] === 'stored' ? [] : [{ kind: 'delete-object', later: false }]);
      expect(await new BlobStore(database.db).find(names[i]!, one)).toEqual(living);
    }
  });

  it('answers each of those that share a statement what became of its own', async () => {
    const uploads = new UploadSessionStore(database.db);
    const [name, elsewhere] = [aRepository(), aRepository()];
    const ids = await Promise.all([name, name, elsewhere, name].map((one) => begin(uploads, one)));
    const [one, other] = [digest(), digest()];
    const arrived = (at: number, blob: Digest) => ({ digest: blob, size: 7, storageKey: `k/${ids[at]}`, leftovers: [`k/${ids[at]}/left`] });
    const before = database.db.statementCounts().get('session_finalize') ?? 0;
    const outcomes = await Promise.all([
      uploads.finalize(name, ids[0]!, arrived(0, one)),
      uploads.finalize(name, ids[1]!, arrived(1, one)),
      uploads.finalize(elsewhere, ids[2]!, arrived(2, other)),
      uploads.finalize(name, ids[3]!, { ...arrived(3, digest()), lease: randomUUID() }),
    ]);
    expect(database.db.statementCounts().get('session_finalize')).toBe(before + 1);
    expect(outcomes).toEqual(['stored', 'deduplicated', 'stored', 'gone']);
    const sent = await Promise.all(ids.map(async (id) => [(await outboxOf(`k/${id}`)).length, (await outboxOf(`k/${id}/left`)).length]));
    expect(sent).toEqual([[0, 1], [1, 1], [0, 1], [0, 0]]); // prettier-ignore
    const blobs = new BlobStore(database.db);
    expect(await blobs.find(name, one)).toMatchObject({ storageKey: `k/${ids[0]}` });
    expect(await blobs.find(elsewhere, other)).toMatchObject({ storageKey: `k/${ids[2]}` });
    expect(await blobs.find(name, other)).toBeNull();
  });

  it('heals a damaged blob, once, and lets readers of the old key finish', async () => {
    const uploads = new UploadSessionStore(database.db, { blobLingerSeconds: 4_711 });
    const blobs = new BlobStore(database.db);
    const name = aRepository();
    const [first, second, third] = [await begin(uploads, name), await begin(uploads, name), await begin(uploads, name)];
    const one = digest();
    await uploads.finalize(name, first, { digest: one, size: 7, storageKey: 'k/damaged' });
    await database.sql('update blobs set damaged_at = now() where storage_key = $1', ['k/damaged']);
    expect(await blobs.find(name, one)).toBeNull();
    const outcomes = await Promise.all(
      [second, third].map((id) => uploads.finalize(name, id, { digest: one, size: 7, storageKey: `k/${id}` })),
    );
    expect(outcomes.sort()).toEqual(['deduplicated', 'healed']);
    expect(await outboxOf('k/damaged')).toEqual([{ kind: 'delete-object', later: true }]);
    const due = `select not_before > now() + interval '4000 s' as late from outbox where key = 'k/damaged'`;
    expect(await database.sql(due)).toEqual([{ late: true }]);
    const living = await blobs.find(name, one);
    expect(await outboxOf(living!.storageKey)).toEqual([]);
  });
});

describe('a verdict left to a worker', () => {
  const claim = async (uploads: UploadSessionStore, name: RepositoryName) => {
    const id = await begin(uploads, name);
    const claimed = digest();
    expect(await uploads.complete(name, id, { digest: claimed })).toBe(true);
    return { id, claimed };
  };

  it('is due work until it is there, then wakes whoever waits for it', async () => {
    const uploads = new UploadSessionStore(database.db);
    const worker = new UploadSessionStore(database.connect());
    const name = aRepository();
    const { id, claimed } = await claim(uploads, name);
    expect(await uploads.complete(name, id, { digest: claimed })).toBe(false);
    expect(await uploads.finalize(name, id, { digest: claimed, size: 7, storageKey: `k/${id}` })).toBe('gone');
    expect(await outboxOf(id)).toEqual([{ kind: 'verify-blob', later: false }]);
    expect(await worker.findCompleted(id)).toEqual({ name, digest: claimed, storage: { offset: 7 } });
    expect(await uploads.find(name, id)).toMatchObject({ state: 'completed', claimed, verdict: null });
    expect(await uploads.verdict(id, AbortSignal.abort())).toBeNull();

    const waiting = Promise.all([uploads.verdict(id, AbortSignal.timeout(5_000)), uploads.verdict(id, AbortSignal.timeout(5_000))]);
    await worker.settle(id, { ok: true, digest: claimed, size: 7, storageKey: `k/${id}` });
    expect(await waiting).toEqual([
      { ok: true, digest: claimed },
      { ok: true, digest: claimed },
    ]);
    expect(await uploads.find(name, id)).toMatchObject({ state: 'verified', verdict: { ok: true, digest: claimed } });
    expect(await new BlobStore(database.db).find(name, claimed)).toMatchObject({ storageKey: `k/${id}` });
    expect(await worker.findCompleted(id)).toBeNull();
  });

  it('may be given twice, also with other bytes', async () => {
    const uploads = new UploadSessionStore(database.db);
    const name = aRepository();
    const { id, claimed } = await claim(uploads, name);
    const settlement = { ok: true as const, digest: claimed, size: 7, storageKey: `k/${id}` };
    await Promise.all([uploads.settle(id, settlement), uploads.settle(id, settlement)]);
    await uploads.settle(id, { ...settlement, storageKey: `k/${id}-again` });
    await uploads.settle(id, { ok: false, kind: 'digestMismatch' });
    expect(await outboxOf(`k/${id}`)).toEqual([]);
    expect(await outboxOf(`k/${id}-again`)).toEqual([{ kind: 'delete-object', later: false }]);
    expect(await uploads.find(name, id)).toMatchObject({ state: 'verified' });
  });

  it('may be given twice where the bytes were there already: they are sent away once', async () => {
    const uploads = new UploadSessionStore(database.db);
    const name = aRepository();
    const { id, claimed } = await claim(uploads, name);
    await pushBlob(uploads, name, claimed);
    const settlement = { ok: true as const, digest: claimed, size: 7, storageKey: `k/${id}` };
    await Promise.all([uploads.settle(id, settlement), uploads.settle(id, settlement)]);
    expect(await outboxOf(`k/${id}`)).toEqual([{ kind: 'delete-object', later: false }]);
  });

  it('that is bad leaves no blob and gives the bytes up', async () => {
    const uploads = new UploadSessionStore(database.db);
    const name = aRepository();
    const { id, claimed } = await claim(uploads, name);
    await uploads.settle(id, { ok: false, kind: 'digestMismatch', detail: { claimed } });
    expect(await uploads.verdict(id, AbortSignal.timeout(5_000))).toEqual({ ok: false, kind: 'digestMismatch', detail: { claimed } });
    expect(await uploads.find(name, id)).toMatchObject({ state: 'failed' });
    expect((await outboxOf(id)).map(({ kind }) => kind).sort()).toEqual(['abort-upload', 'verify-blob']);
    expect(await new BlobStore(database.db).find(name, claimed)).toBeNull();
  });

  it('that comes too late leaves no object behind', async () => {
    const uploads = new UploadSessionStore(database.db);
    const name = aRepository();
    const { id, claimed } = await claim(uploads, name);
    expect(await uploads.cancel(name, id)).toBe(true);
    await uploads.settle(id, { ok: true, digest: claimed, size: 7, storageKey: `k/${id}` });
    expect(await outboxOf(`k/${id}`)).toEqual([{ kind: 'delete-object', later: false }]);
    expect(await uploads.verdict(id, AbortSignal.timeout(5_000))).toBeNull();
  });

  it('is found by looking alone where nothing can be listened to', async () => {
    const deaf = database.connect();
    await deaf.notifications.close();
    const uploads = new UploadSessionStore(deaf);
    const name = aRepository();
    const { id, claimed } = await claim(uploads, name);
    const waiting = uploads.verdict(id, AbortSignal.timeout(5_000));
    await new UploadSessionStore(database.db).settle(id, { ok: false, kind: 'sizeInvalid' });
    expect(await waiting).toEqual({ ok: false, kind: 'sizeInvalid' });
    expect(claimed).toBeDefined();
  });
});
