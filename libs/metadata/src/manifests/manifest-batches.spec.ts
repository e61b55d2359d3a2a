import { parseTag, type Digest, type RepositoryName } from '#oci';
import type { NewManifest } from '../shapes.js';
import { RepositoryStore } from '../repositories/repository-store.js';
import { withDatabase } from '../testing/index.js';
import { aManifest, aRepository, digest, pushBlob, until } from '../testing/fixtures.js';
import { UploadSessionStore } from '../uploads/upload-session-store.js';
import { ManifestStore } from './manifest-store.js';

// Pushes that one process is asked for at once share a statement: each has to come out as if it had come alone.
const database = withDatabase();
const push = (name: RepositoryName, ...blobs: Digest[]) =>
  Promise.all(blobs.map((blob) => pushBlob(new UploadSessionStore(database.db), name, blob)));
const stored = { outcome: 'stored', created: true };

/** Another process: its pushes, how many statements they took, and what is in the repository for everybody else. */
function aProcess() {
  const db = database.connect();
  const manifests = new ManifestStore(db);
  const all = (puts: [RepositoryName, NewManifest][]) => Promise.all(puts.map(([name, manifest]) => manifests.put(name, manifest)));
  return { manifests, all, statements: () => db.statementCounts().get('put_manifests') ?? 0 };
}
const tagged = (name: RepositoryName, tag: string) => new ManifestStore(database.connect()).find(name, { tag: parseTag(tag) });
const waitingForLock = async (count: number) => {
  const rows = await database.sql(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`);
  return rows.length === count;
};

describe('manifests that are pushed at once', () => {
  it('are stored by two statements, each with its references, tags, history and work due', async () => {
    const names = [aRepository(), aRepository('other')];
    const blobs = [digest(), digest(undefined, 'sha512'), digest()];
    for (const name of names) await push(name, ...blobs);
    await aProcess().all(names.map((name) => [name, aManifest([])]));
    const puts = Array.from({ length: 12 }, (_, i): [RepositoryName, NewManifest] => [
      names[i % 2]!,
      aManifest(blobs.slice(i % 4), { tags: [`z${i}`, `a${i}`], artifactType: `application/x${i}`, ...(i % 3 && { subject: blobs[0]! }) }),
    ]);
    const { all, statements } = aProcess();
    expect(await all(puts)).toEqual(puts.map(() => stored));
    expect(statements()).toBe(2);
    for (const [i, [name, { digest, mediaType, payload, references, artifactType, subject, referrerDescriptor }]] of puts.entries()) {
      expect(await tagged(name, `z${i}`)).toEqual({ digest, mediaType, size: payload.length, payload });
      expect(await tagged(name, `a${i}`)).toMatchObject({ digest });
      const [row] = await database.sql(
        `select m.artifact_type as "artifactType", digest_text(m.subject_digest) as subject, m.referrer_descriptor as "referrerDescriptor",
           array(select digest_text(f.link_digest) from manifest_references f where f.repository = m.repository and f.manifest = m.digest
             order by position) as links,
           (select string_agg(h.name, ' ' order by h.name) from tag_history h where h.repository = m.repository and h.digest = m.digest) as moves,
           (select count(*)::int from outbox o where o.kind = 'index-manifest' and o.key = r.name || '@' || digest_text(m.digest)) as due
         from manifests m join repositories r on r.id = m.repository where r.name = $1 and digest_text(m.digest) = $2`,
        [name, digest],
      );
      const links = references.map(({ descriptor }) => descriptor.digest);
      const rest = { artifactType, subject: subject ?? null, referrerDescriptor: referrerDescriptor ?? null };
      expect(row).toEqual({ ...rest, links, moves: `a${i} z${i}`, due: 1 });
    }
  });

  it('have each its own answer', async () => {
    const [name, sparse, fresh] = [aRepository(), aRepository(), aRepository()];
    const [blob, gone, foreign] = [digest(), digest(), digest()];
    await push(name, blob);
    await push(sparse, foreign);
    await new RepositoryStore(database.db).setPolicy(sparse, { sparseIndexes: true });
    const again = aManifest([blob], { tags: ['again'] });
    await aProcess().all([[name, again]]);
    const child = aManifest([]);
    const optional = aManifest([gone]);
    const { all, statements } = aProcess();
    const outcomes = await all([
      [name, aManifest([blob, gone, foreign], { tags: ['lacking'] })],
      [name, again],
      [name, child],
      // Nobody was told yet that its child is there.
      [name, aManifest([child.digest], { kind: 'child' })],
      [name, aManifest([again.digest], { kind: 'child', tags: ['index'] })],
      [sparse, aManifest([child.digest], { kind: 'child', tags: ['sparse'] })],
      [name, { ...optional, references: optional.references.map((reference) => ({ ...reference, optional: true })) }],
    ]);
    expect(statements()).toBe(1);
    const lacking = outcomes[0]!;
    expect(lacking.outcome === 'missing' && [...lacking.digests].sort()).toEqual([gone, foreign].sort());
    expect(outcomes.slice(1)).toEqual([
      { outcome: 'stored', created: false },
      stored,
      { outcome: 'missing', digests: [child.digest] },
      stored,
      stored,
      stored,
    ]);
    expect(await tagged(name, 'lacking')).toBeNull();
    expect(await tagged(name, 'index')).not.toBeNull();
    // A repository that nobody has seen is made, and its push repeated.
    expect(await all([[fresh, aManifest([])], [name, aManifest([])]])).toEqual([stored, stored]); // prettier-ignore
  });

  it('never share a statement over the same manifest or tag', async () => {
    const name = aRepository();
    const twice = aManifest([], { tags: ['a'] });
    const moves = ['one', 'two', 'three'].map(() => aManifest([], { tags: ['moves'] }));
    const { manifests, all, statements } = aProcess();
    await manifests.put(name, aManifest([]));
    const before = statements();
    const outcomes = await all([[name, twice], [name, { ...twice, tags: [parseTag('b')] }], ...moves.map((m): [RepositoryName, NewManifest] => [name, m])]); // prettier-ignore
    expect(outcomes.slice(0, 2)).toEqual(expect.arrayContaining([stored, { outcome: 'stored', created: false }]));
    expect(outcomes.slice(2)).toEqual([stored, stored, stored]);
    expect(statements() - before).toBe(3);
    expect((await tagged(name, 'a'))?.digest).toBe(twice.digest);
    expect((await tagged(name, 'b'))?.digest).toBe(twice.digest);
    const history = await database.sql<{ digest: Digest }>(
      `select digest_text(digest) as digest from tag_history h join repositories r on r.id = h.repository
       where r.name = $1 and h.name = 'moves' order by h.id`,
      [name],
    );
    expect(history.map((move) => move.digest).sort()).toEqual(moves.map((manifest) => manifest.digest).sort());
    expect((await tagged(name, 'moves'))?.digest).toBe(history.at(-1)!.digest);
  });

  it('are each judged by the rules of its own repository', async () => {
    const [ruled, free] = [aRepository(), aRepository()];
    const first = aManifest([], { tags: ['v1'] });
    const { all } = aProcess();
    await all([[ruled, first], [free, aManifest([], { tags: ['v1'] })]]); // prettier-ignore
    await new RepositoryStore(database.db).setPolicy(ruled, { immutableTags: ['v*'] });
    const second = aManifest([], { tags: ['v1'] });
    const outcomes = await all([[ruled, second], [free, second], [ruled, aManifest([], { tags: ['dev'] })]]); // prettier-ignore
    expect(outcomes).toEqual([{ outcome: 'immutable', tags: [{ tag: 'v1', pattern: 'v*' }] }, stored, stored]);
    expect((await tagged(ruled, 'v1'))?.digest).toBe(first.digest);
    expect((await tagged(free, 'v1'))?.digest).toBe(second.digest);
    expect(await tagged(ruled, 'dev')).not.toBeNull();
  });

  it('do not fail by a neighbour that PostgreSQL refuses', async () => {
    const name = aRepository();
    const { all, manifests } = aProcess();
    await manifests.put(name, aManifest([]));
    const wrong = manifests.put(name, aManifest([], { artifactType: `application/${'x'.repeat(2_000)}` }));
    const right = all([[name, aManifest([], { tags: ['a'] })], [name, aManifest([], { tags: ['b'] })]]); // prettier-ignore
    await expect(wrong).rejects.toMatchObject({ code: '23514' });
    expect(await right).toEqual([stored, stored]);
  });

  it('lose only what the collector takes while they wait for it', async () => {
    const name = aRepository();
    const [kept, taken] = [digest(), digest()];
    await push(name, kept, taken);
    const collected = Promise.withResolvers<void>();
    const locked = Promise.withResolvers<void>();
    const link = `repository = (select id from repositories where name = $1) and digest_text(digest) = $2`;
    const collector = database.connect().main.transaction(async (transaction) => {
      await transaction.query({ name: 'lock', text: `select from blob_links where ${link} for update` }, [name, taken]);
      locked.resolve();
      await collected.promise;
      await transaction.query({ name: 'take', text: `delete from blob_links where ${link}` }, [name, taken]);
    });
    await locked.promise;
    const { all, statements } = aProcess();
    const outcomes = all([[name, aManifest([kept, taken])], [name, aManifest([kept], { tags: ['kept'] })]]); // prettier-ignore
    await until(() => waitingForLock(1));
    collected.resolve();
    await collector;
    expect(await outcomes).toEqual([{ outcome: 'missing', digests: [taken] }, stored]);
    expect(statements()).toBe(1);
    expect(await tagged(name, 'kept')).not.toBeNull();
  });

  it('go on beside two that wait for a lock', async () => {
    const name = aRepository();
    const { manifests } = aProcess();
    for (const tag of ['a', 'b']) await manifests.put(name, aManifest([], { tags: [tag] }));
    const release = Promise.withResolvers<void>();
    const locked = Promise.withResolvers<void>();
    const holder = database.connect().main.transaction(async (transaction) => {
      const text = `select from tags where repository = (select id from repositories where name = $1) for update`;
      await transaction.query({ name: 'hold', text }, [name]);
      locked.resolve();
      await release.promise;
    });
    await locked.promise;
    const held: Promise<unknown>[] = [];
    for (const [i, tag] of ['a', 'b'].entries()) {
      held.push(manifests.put(name, aManifest([], { tags: [tag] })));
      await until(() => waitingForLock(i + 1));
    }
    expect(await manifests.put(name, aManifest([], { tags: ['c'] }))).toEqual(stored);
    release.resolve();
    await holder;
    expect(await Promise.all(held)).toEqual([stored, stored]);
  });
});
