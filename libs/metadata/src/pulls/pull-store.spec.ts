import { parseTag } from '#oci';
import { ManifestStore } from '../manifests/manifest-store.js';
import { aManifest, aRepository } from '../testing/fixtures.js';
import { withDatabase } from '../testing/index.js';
import { PullStore } from './pull-store.js';

const database = withDatabase();
const tag = parseTag('v1');

/** Seconds since the last pull of tag and manifest, by the rows. */
async function ages(): Promise<(number | null)[]> {
  const [row] = await database.sql<{ tag: number | null; manifest: number | null }>(
    `select round(extract(epoch from now() - t.last_pulled_at))::int as tag, round(extract(epoch from now() - m.last_pulled_at))::int as manifest
     from tags t join manifests m using (repository, digest)`,
  );
  return [row!.tag, row!.manifest];
}

describe('pull times', () => {
  it('are kept to the minute and the hour, and never go back', async () => {
    const name = aRepository();
    const manifest = aManifest([], { tags: ['v1'] });
    await new ManifestStore(database.db).put(name, manifest);
    const pulls = new PullStore(database.connect());
    const pulled = (secondsAgo: number) => pulls.record([{ name, tag, secondsAgo }], [{ name, digest: manifest.digest, secondsAgo }]);

    expect(await ages()).toEqual([null, null]);
    await pulled(7_200);
    expect(await ages()).toEqual([7_200, 7_200]);
    await pulled(3_700);
    expect(await ages()).toEqual([3_700, 7_200]);
    await pulled(10);
    expect(await ages()).toEqual([10, 10]);
    for (const ago of [0, 9_000]) await pulled(ago);
    expect(await ages()).toEqual([10, 10]);
  });

  it('of what is gone, or being pushed, are left out', async () => {
    const name = aRepository();
    const pulls = new PullStore(database.connect({ lockTimeoutMs: 500 }));
    await pulls.record([{ name, tag, secondsAgo: 0 }], []);
    await new ManifestStore(database.db).put(name, aManifest([], { tags: ['v1', 'v2'] }));
    await database.db.main.transaction(async (transaction) => {
      await transaction.query({ name: 'hold', text: `select from tags where name = 'v1' for update` }, []);
      await pulls.record(
        [parseTag('v1'), parseTag('v2')].map((pulled) => ({ name, tag: pulled, secondsAgo: 0 })),
        [],
      );
    });
    const rows = await database.sql(
      `select t.name, last_pulled_at is not null as pulled from tags t join repositories r on r.id = t.repository where r.name = $1 order by 1`,
      [name],
    );
    expect(rows).toEqual([
      { name: 'v1', pulled: false },
      { name: 'v2', pulled: true },
    ]);
  });
});
