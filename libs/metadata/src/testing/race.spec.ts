import { randomInt, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseTag, type Digest, type RepositoryName } from '#oci';
import { BlobStore } from '../blobs/blob-store.js';
import { CollectionStore } from '../collection/collection-store.js';
import { DatabaseUnavailableError } from '../database/database-errors.js';
import { ManifestStore } from '../manifests/manifest-store.js';
import { TagStore } from '../tags/tag-store.js';
import { UploadSessionStore } from '../uploads/upload-session-store.js';
import { aManifest, aRepository, digest } from './fixtures.js';
import { withDatabase } from './index.js';

// Two processes, sixteen clients, two collectors, three repositories, a dozen digests: every write against every other, connections cut
// meanwhile. Without a grace, everything unused is garbage at once.
const database = withDatabase();
const seconds = 6;
const tagNames = ['a', 'b', 'c', 'latest'];
const noGrace = { blobGraceSeconds: 0, blobLingerSeconds: 0 };

/** What must be so at any moment; each counts what is not. */
const invariants = {
  'a reference without its link, blob or manifest': `select count(*) from manifest_references f
     left join blob_links l on l.repository = f.repository and l.digest = f.digest left join blobs b on b.digest = l.digest
     left join manifests c on c.repository = f.repository and c.digest = f.digest where b.digest is null and c.digest is null`,
  'a living key in the outbox': `select count(*) from blobs b join outbox o on o.kind = 'delete-object' and o.key = b.storage_key`,
  'a key twice in the outbox': `select count(*) - count(distinct key) from outbox where kind = 'delete-object'`,
  'a tag that differs from its history': `select count(*) from tags t
     full join (select distinct on (repository, name) repository, name, digest from tag_history order by repository, name, id desc) h
     using (repository, name) where t.digest is distinct from h.digest`,
  'a manifest with some of its references': `select count(*) from manifests m
     where json_array_length(convert_from(payload, 'utf8')::json) - 2
       <> (select count(*) from manifest_references f where f.repository = m.repository and f.manifest = m.digest)`,
  'references of a manifest that is gone': `select count(*) from manifest_references f
     where not exists (select from manifests m where m.repository = f.repository and m.digest = f.manifest)`,
  'history of a repository that is gone': `select count(*) from tag_history h
    where not exists (select from repositories r where r.id = h.repository)`,
  'a free link nobody will review': `select count(*) from blob_links l
     where not exists (select from manifest_references f where f.repository = l.repository and f.digest = l.digest)
     and not exists (select from reviews v where v.kind = 'link' and v.repository = l.repository and v.digest = l.digest)`,
  'a free blob nobody will review': `select count(*) from blobs b where not exists (select from blob_links l where l.digest = b.digest)
     and not exists (select from reviews v where v.kind = 'blob' and v.digest = b.digest)`,
};

const pick = <T>(from: readonly T[]): T => from[randomInt(from.length)]!;
const some = <T>(most: number, from: readonly T[]): T[] =>
  from.length === 0 ? [] : [...new Set(Array.from({ length: 1 + randomInt(most) }, () => pick(from)))];

/** What a process has one of, so that its clients share statements. */
const storesOn = (db: ReturnType<typeof database.connect>) => ({
  uploads: new UploadSessionStore(db, noGrace),
  blobs: new BlobStore(db, noGrace),
  manifests: new ManifestStore(db),
  tags: new TagStore(db),
});

class Client {
  readonly errors: unknown[] = [];
  acknowledged = 0;

  constructor(
    private readonly stores: ReturnType<typeof storesOn>,
    private readonly world: { names: RepositoryName[]; digests: Digest[]; pushed: { name: RepositoryName; digest: Digest }[] },
  ) {}

  async run(until: number): Promise<void> {
    while (performance.now() < until) {
      try {
        await this.step();
        this.acknowledged += 1;
      } catch (error) {
        // A connection was cut: the client would come again.
        if (!(error instanceof DatabaseUnavailableError)) this.errors.push(error);
      }
    }
  }

  private step(): Promise<unknown> {
    const { names, digests, pushed } = this.world;
    const { blobs, manifests, tags } = this.stores;
    const [name, blob, known] = [pick(names), pick(digests), pushed.length > 0 ? pick(pushed) : null];
    const children = pushed.filter((manifest) => manifest.name === name).map((manifest) => manifest.digest);
    const steps: [weight: number, step: () => Promise<unknown>][] = [
      [20, () => this.push(name, blob)],
      [10, () => blobs.mount(name, blob, pick(names))],
      [5, () => blobs.mount(name, blob)],
      [10, () => blobs.find(name, blob)],
      [25, () => this.put(name, 'layer', some(3, digests))],
      [10, () => this.put(name, 'child', some(2, children))],
      [12, async () => known && manifests.delete(known.name, known.digest)],
      [5, () => tags.delete(name, parseTag(pick(tagNames)))],
      [8, () => blobs.unlink(name, blob)],
    ];
    let dice = randomInt(steps.reduce((sum, [weight]) => sum + weight, 0));
    return steps.find(([weight]) => (dice -= weight) < 0)![1]();
  }

  private async push(name: RepositoryName, blob: Digest): Promise<void> {
    const id = randomUUID();
    const { uploads } = this.stores;
    await uploads.begin(name, { id, storage: { offset: 0 }, algorithm: 'sha256' });
    const content = { storage: { offset: 7 }, digestSoFar: blob };
    if (randomInt(2) === 0) await this.recordUnderLease(name, id, content);
    else await uploads.recordFirst({ name, id, began: { offset: 0 }, ...content });
    const arrived = { digest: blob, size: 7, storageKey: `blobs/${id}`, recorded: content };
    await Promise.all([uploads.finalize(name, id, arrived), uploads.finalize(name, id, arrived)]);
  }

  private async recordUnderLease(name: RepositoryName, id: string, content: { storage: { offset: number }; digestSoFar: Digest }) {
    const leased = await this.stores.uploads.lease(name, id, 0);
    if (leased.outcome !== 'leased') throw new Error(leased.outcome);
    await this.stores.uploads.record(id, leased.lease, { ...content, release: true });
  }

  private async put(name: RepositoryName, kind: 'layer' | 'child', references: Digest[]): Promise<void> {
    const manifest = aManifest(references, { kind, tags: some(3, tagNames) });
    const { outcome } = await this.stores.manifests.put(name, manifest);
    const { pushed } = this.world;
    if (outcome === 'stored' && pushed.push({ name, digest: manifest.digest }) > 60) pushed.shift();
  }
}

/** A worker that does nothing but collect. */
async function collect(collection: CollectionStore, until: number): Promise<number> {
  let collected = 0;
  while (performance.now() < until) {
    try {
      collected += (await collection.collectLinks(50)).collected + (await collection.collectBlobs(50)).collected;
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) throw error;
    }
    await pause(5);
  }
  return collected;
}

it('everything at once breaks nothing', async () => {
  const processes = [database.connect({ applicationName: 'racer' }), database.connect({ applicationName: 'racer' })];
  const world = {
    names: [aRepository(), aRepository(), aRepository('other')],
    digests: Array.from({ length: 12 }, () => digest()),
    pushed: [],
  };
  const stores = processes.map(storesOn);
  const clients = Array.from({ length: 16 }, (_, i) => new Client(stores[i % 2]!, world));
  const until = performance.now() + seconds * 1_000;
  const counted = `select ${Object.values(invariants).map((sql, i) => `(${sql})::int as i${i}`).join(', ')}`; // prettier-ignore
  const broken = async () => {
    const [row] = await database.sql<Record<string, number>>(counted);
    return Object.keys(invariants).filter((_, i) => row![`i${i}`] !== 0);
  };
  const watch = async () => {
    while (performance.now() < until) {
      expect(await broken()).toEqual([]);
      await database.sql(`select pg_terminate_backend(pid) from (
        select pid from pg_stat_activity where application_name = 'racer' order by random() limit 1) victim`);
      await pause(200);
    }
  };
  const collections = processes.map((db) => collect(new CollectionStore(db, noGrace), until));
  await Promise.all([watch(), ...collections, ...clients.map((client) => client.run(until))]);
  expect(await broken()).toEqual([]);
  expect(clients.flatMap(({ errors }) => errors)).toEqual([]);
  expect(clients.every(({ acknowledged }) => acknowledged > 10)).toBe(true);
  for (const collected of await Promise.all(collections)) expect(collected).toBeGreaterThan(10);
  expect(await database.sql('select deadlocks::int from pg_stat_database where datname = current_database()')).toEqual([{ deadlocks: 0 }]);
}, 60_000);
