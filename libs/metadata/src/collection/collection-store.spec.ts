import { BlobStore } from '../blobs/blob-store.js';
import { ManifestStore } from '../manifests/manifest-store.js';
import { aManifest, aRepository, digest, pushBlob } from '../testing/fixtures.js';
import { withDatabase } from '../testing/index.js';
import { UploadSessionStore } from '../uploads/upload-session-store.js';
import { CollectionStore, type CollectionSum } from './collection-store.js';

const database = withDatabase();
const graceSeconds = 3_600;

function setUp() {
  const [db, other] = [database.db, database.connect()];
  const grace = { blobGraceSeconds: graceSeconds };
  return {
    collection: new CollectionStore(db, { ...grace, blobLingerSeconds: 60 }),
    elsewhere: new CollectionStore(other, grace),
    blobs: new BlobStore(db, grace),
    manifests: new ManifestStore(db),
    uploads: new UploadSessionStore(db, grace),
    name: aRepository(),
  };
}

/** As if everything had been left alone for the grace period. */
async function pass() {
  await database.sql(`update blob_links set touched_at = touched_at - make_interval(secs => $1)`, [graceSeconds]);
  await database.sql(`update reviews set not_before = not_before - make_interval(secs => $1)`, [graceSeconds]);
}
const rows = async (table: string) => Number((await database.sql<{ count: string }>(`select count(*) from ${table}`))[0]!.count);

async function collect(store: CollectionStore, limit = 500): Promise<CollectionSum> {
  const { collected: links } = await store.collectLinks(limit);
  const { collected: blobs, bytes } = await store.collectBlobs(limit);
  return { links, blobs, bytes };
}

async function estimated(store: CollectionStore): Promise<CollectionSum> {
  const sum = { links: 0, blobs: 0, bytes: 0 };
  for await (const { links, blobs, bytes } of store.estimate(2)) {
    sum.links += links;
    sum.blobs += blobs;
    sum.bytes += bytes;
  }
  return sum;
}

describe('collecting', () => {
  afterEach(() => database.sql('truncate reviews, outbox, manifest_references, blob_links, blobs, manifests, tags cascade'));

  it('takes what nobody uses once its grace is over, and leaves its key to the outbox, after the linger', async () => {
    const { collection, blobs, uploads, name } = setUp();
    const blob = digest();
    const key = await pushBlob(uploads, name, blob);
    expect(await collection.due()).toBe(false);
    const none = { due: 0, waiting: 0, oldest: null };
    expect(await collection.counts()).toEqual([{ ...none, kind: 'link', waiting: 1 }, { ...none, kind: 'blob' }]); // prettier-ignore
    expect(await collect(collection)).toEqual({ links: 0, blobs: 0, bytes: 0 });
    await pass();
    expect(await collection.due()).toBe(true);
    const [{ not_before: oldest } = {}] = await database.sql<{ not_before: Date }>('select not_before from reviews');
    expect(await collection.counts()).toEqual([{ ...none, kind: 'link', due: 1, oldest }, { ...none, kind: 'blob' }]); // prettier-ignore
    expect(await collect(collection)).toEqual({ links: 1, blobs: 1, bytes: 7 });
    expect(await blobs.find(name, blob)).toBeNull();
    const outbox = await database.sql(
      `select key, not_before > now() + interval '50 seconds' as later from outbox where kind = 'delete-object'`,
    );
    expect(outbox).toEqual([{ key, later: true }]);
    expect([await rows('reviews'), await collection.due()]).toEqual([0, false]);
  });

  it('leaves alone what a manifest uses, and takes it after the manifest is gone', async () => {
    const { collection, manifests, uploads, name } = setUp();
    const blob = digest();
    await pushBlob(uploads, name, blob);
    const manifest = aManifest([blob]);
    await manifests.put(name, manifest);
    await pass();
    expect(await collect(collection)).toEqual({ links: 0, blobs: 0, bytes: 0 });
    expect(await rows('reviews')).toBe(0);
    await manifests.delete(name, manifest.digest);
    expect(await collect(collection)).toEqual({ links: 1, blobs: 1, bytes: 7 });
  });

  it('counts a reference that was open when its manifest came', async () => {
    const { collection, manifests, uploads, name } = setUp();
    const blob = digest();
    const manifest = aManifest([]);
    const references = [{ descriptor: { digest: blob, size: 7 }, kind: 'layer', optional: true }] as const;
    await manifests.put(name, { ...manifest, references });
    await pushBlob(uploads, name, blob);
    await pass();
    expect(await collect(collection)).toEqual({ links: 0, blobs: 0, bytes: 0 });
    await manifests.delete(name, manifest.digest);
    expect(await collect(collection)).toEqual({ links: 1, blobs: 1, bytes: 7 });
  });

  it('takes one repository’s link, and the blob only with the last', async () => {
    const { collection, blobs, manifests, uploads, name } = setUp();
    const [blob, other] = [digest(), aRepository()];
    await pushBlob(uploads, name, blob);
    await blobs.mount(other, blob, name);
    const manifest = aManifest([blob]);
    await manifests.put(other, manifest);
    await pass();
    expect(await collect(collection)).toEqual({ links: 1, blobs: 0, bytes: 0 });
    expect(await blobs.find(name, blob)).toBeNull();
    expect(await blobs.find(other, blob)).not.toBeNull();
  });

  it.each([
    ['asked for', async ({ blobs, name }: ReturnType<typeof setUp>, blob: ReturnType<typeof digest>) => blobs.find(name, blob)],
    ['mounted', async ({ blobs, name }, blob) => blobs.mount(name, blob)],
    ['pushed again', async ({ uploads, name }, blob) => pushBlob(uploads, name, blob)],
  ] satisfies [string, (set: ReturnType<typeof setUp>, blob: ReturnType<typeof digest>) => Promise<unknown>][])(
    'gives what was %s its whole grace again',
    async (_how, touch) => {
      const set = setUp();
      const blob = digest();
      await pushBlob(set.uploads, set.name, blob);
      await pass();
      await touch(set, blob);
      expect(await collect(set.collection)).toEqual({ links: 0, blobs: 0, bytes: 0 });
      const [review] = await database.sql(`select kind, not_before > now() + interval '59 minutes' as later from reviews`);
      expect(review).toEqual({ kind: 'link', later: true });
      await pass();
      expect(await collect(set.collection)).toEqual({ links: 1, blobs: 1, bytes: 7 });
    },
  );

  it('never waits for whoever holds a link, and comes back for it', async () => {
    const { collection, uploads, name } = setUp();
    await pushBlob(uploads, name, digest());
    await pass();
    await database.db.main.transaction(async (transaction) => {
      await transaction.query({ name: 'hold', text: 'select from blob_links for key share' }, []);
      expect(await collection.collectLinks(500)).toEqual({ reviewed: 1, collected: 0 });
    });
    await database.sql('update reviews set not_before = now()');
    expect(await collection.collectLinks(500)).toEqual({ reviewed: 1, collected: 1 });
  });

  it('divides the work between workers: nothing twice, nothing left', async () => {
    const { collection, elsewhere, uploads, name } = setUp();
    await Promise.all(Array.from({ length: 60 }, () => pushBlob(uploads, name, digest())));
    await pass();
    const sums = await Promise.all([collection, elsewhere, collection, elsewhere].map((store) => collect(store, 40)));
    const rest = await collect(collection);
    expect([...sums, rest].reduce((total, { links }) => total + links, 0)).toBe(60);
    expect([...sums, rest].reduce((total, { blobs }) => total + blobs, 0)).toBe(60);
    expect(await database.sql(`select count(*)::int, count(distinct key)::int as keys from outbox where kind = 'delete-object'`)).toEqual([
      { count: 60, keys: 60 },
    ]);
  });

  it('says beforehand what it would take', async () => {
    const { collection, blobs, manifests, uploads, name } = setUp();
    const [used, shared, ...free] = Array.from({ length: 7 }, () => digest());
    for (const blob of [used!, shared!, ...free]) await pushBlob(uploads, name, blob);
    await blobs.mount(aRepository(), free[0]!, name);
    await manifests.put(name, aManifest([used!]));
    const other = aRepository();
    await blobs.mount(other, shared!, name);
    await manifests.put(other, aManifest([shared!]));
    expect(await estimated(collection)).toEqual({ links: 0, blobs: 0, bytes: 0 });
    expect(await collection.pending()).toMatchObject({
      reviews: 9,
      nextReviewAt: expect.any(Date) as Date,
      objects: 0,
      nextObjectAt: null,
    });
    await pass();
    const sum = { links: 7, blobs: 5, bytes: 35 };
    expect(await estimated(collection)).toEqual(sum);
    expect(await collect(collection)).toEqual(sum);
    expect(await collection.pending()).toMatchObject({
      reviews: 0,
      nextReviewAt: null,
      objects: 5,
      nextObjectAt: expect.any(Date) as Date,
    });
  });
});
