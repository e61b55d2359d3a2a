import { jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { DigestVerifier, FilesystemDriver, BufferBudget } from '#cas';
import type { Digest } from '#oci';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { digestOfText, Workbench } from '../testing/workbench.js';
import { VerifyBlobService, VerifyLanes } from './verify-blob.service.js';

// Threads that read take seconds to start on a busy machine.
jest.setTimeout(30_000);

describe('verifying a completed upload', () => {
  const database = withDatabase();
  let bench: Workbench;
  let verifier: DigestVerifier;
  let service: VerifyBlobService;
  let content: string;
  let claimed: Digest;

  beforeAll(async () => {
    bench = await Workbench.set(database);
    verifier = new DigestVerifier({ driverOptions: { driver: 'filesystem', root: bench.root }, threads: 2 });
  });
  afterAll(async () => {
    await verifier.close();
    await bench.clear();
  });
  beforeEach(() => {
    content = `hello ${randomUUID()}`;
    claimed = digestOfText(content);
    service = new VerifyBlobService(bench.sessions, bench.driver, verifier, new VerifyLanes(1));
  });
  afterEach(async () => {
    await database.sql('truncate outbox');
    await bench.driver.delete(await bench.objects());
  });

  const drain = (by = service) => bench.outbox.drain('verify-blob', 1, (rows) => by.run(rows));
  const verdictOf = async (id: string) => (await bench.sessions.find(bench.name, id))?.verdict;

  it('makes it a blob where the digest is right', async () => {
    const id = await bench.completed(claimed, content);
    expect(await drain()).toBe(1);
    expect(await verdictOf(id)).toEqual({ ok: true, digest: claimed });
    const blob = await bench.blobs.find(bench.name, claimed);
    expect(blob).toMatchObject({ size: 42 });
    expect(await bench.objects()).toEqual([blob?.storageKey]);
    expect(await bench.due('verify-blob')).toEqual([]);
  });

  /** What is stored and not due for deletion. */
  const keptObjects = async () => {
    const due = (await bench.due('delete-object')).map(({ key }) => key);
    return (await bench.objects()).filter((key) => !due.includes(key));
  };

  it('joins what several writers left', async () => {
    await bench.completed(claimed, content.slice(0, 5), content.slice(5, 20), content.slice(20));
    await drain();
    const blob = await bench.blobs.find(bench.name, claimed);
    expect(blob).toMatchObject({ size: 42 });
    expect(await keptObjects()).toEqual([blob?.storageKey]);
  });

  it('says both digests where it is wrong, and gives the bytes to the outbox', async () => {
    const id = await bench.completed(claimed, 'hello moon');
    await drain();
    const detail = { expected: claimed, computed: digestOfText('hello moon') };
    expect(await verdictOf(id)).toEqual({ ok: false, kind: 'digestMismatch', detail });
    expect(await bench.blobs.find(bench.name, claimed)).toBeNull();
    expect((await bench.due('abort-upload')).map(({ key }) => key)).toEqual([id]);
  });

  it('says so where the bytes are lost, instead of trying for ever', async () => {
    const id = await bench.completed(claimed, content);
    await bench.driver.delete(await bench.objects());
    await drain();
    expect(await verdictOf(id)).toMatchObject({ ok: false, kind: 'uploadInvalid' });
  });

  it('tries again later where storage fails', async () => {
    const id = await bench.completed(claimed, content);
    const [key] = await bench.objects();
    const broken = new FilesystemDriver({ root: `${bench.root}/${key}`, buffers: new BufferBudget({ bytes: 1 << 20 }) });
    await drain(new VerifyBlobService(bench.sessions, broken, verifier, new VerifyLanes(1)));
    expect(await verdictOf(id)).toBeNull();
    expect(await bench.due('verify-blob')).toMatchObject([
      { key: id, attempts: 1, parked: false, last_error: expect.stringContaining('ENOTDIR') as string },
    ]);
    await database.sql('update outbox set not_before = now()');
    await drain();
    expect(await verdictOf(id)).toEqual({ ok: true, digest: claimed });
  });

  it('comes to one verdict and one object where two workers do it at once', async () => {
    const id = await bench.completed(claimed, content.slice(0, 9), content.slice(9));
    const row = { id: 1, kind: 'verify-blob', key: id, payload: null, attempts: 0 } as const;
    const other = new VerifyBlobService(bench.sessions, bench.driver, verifier, new VerifyLanes(1));
    const results = await Promise.all([service.run([row]), other.run([row])]);
    expect(results).toEqual(Array(2).fill({ done: [1], failed: [] }));
    expect(await verdictOf(id)).toEqual({ ok: true, digest: claimed });
    expect(await keptObjects()).toEqual([(await bench.blobs.find(bench.name, claimed))?.storageKey]);
  });

  it('does nothing about a session that is gone or settled', async () => {
    const id = await bench.completed(claimed, content);
    await bench.sessions.cancel(bench.name, id);
    await drain();
    expect(await bench.blobs.find(bench.name, claimed)).toBeNull();
    expect(await bench.due('verify-blob')).toEqual([]);
  });

  it('leaves the row due when it is broken off', async () => {
    const id = await bench.completed(claimed, content);
    service.abort();
    await drain();
    expect(await verdictOf(id)).toBeNull();
    expect(await bench.due('verify-blob')).toMatchObject([{ key: id, attempts: 0 }]);
  });

  it('keeps the bytes once where another repository has them', async () => {
    await bench.blob(content);
    await bench.completed(claimed, content);
    await drain();
    expect(await bench.due('delete-object')).toHaveLength(1);
  });
});
