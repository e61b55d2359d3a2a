import { ManifestStore, PullStore } from '#metadata';
import { digestOf, mediaTypes, parseRepositoryName, parseTag, type Digest } from '#oci';
import { createLogger } from '#platform';
import { createHash } from 'node:crypto';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { PullTimes } from './pull-times.js';

const database = withDatabase();
const name = parseRepositoryName('acme/app');
const [tag, other] = [parseTag('v1'), parseTag('v2')];
const logged: string[] = [];
const logger = createLogger({ process: 'api', destination: { write: (line) => logged.push(line) } });
let digest: Digest;

const pulled = () =>
  database.sql<{ what: string }>(
    `select name as what from tags where last_pulled_at > now() - interval '1 minute'
     union all select digest_text(digest) from manifests where last_pulled_at > now() - interval '1 minute' order by 1`,
  );

beforeAll(async () => {
  const payload = Buffer.from('{}');
  digest = digestOf('sha256', createHash('sha256').update(payload).digest());
  const manifest = { digest, mediaType: mediaTypes.ociManifest, payload, references: [], tags: [tag, other] };
  await new ManifestStore(database.db).put(name, manifest);
});
beforeEach(() =>
  database.sql('update tags set last_pulled_at = null').then(() => database.sql('update manifests set last_pulled_at = null')),
);

describe('times of pulls', () => {
  it('are written once for many pulls, and no statement runs for one', async () => {
    const db = database.connect();
    const pulls = new PullTimes(new PullStore(db), logger);
    for (let i = 0; i < 1_000; i += 1) pulls.note(name, digest, tag);
    expect(db.statementCounts().size).toBe(0);
    await pulls.flush();
    expect(Object.fromEntries(db.statementCounts())).toEqual({ record_tag_pulls: 1, record_manifest_pulls: 1 });
    expect(await pulled()).toEqual([{ what: digest }, { what: 'v1' }]);
    await pulls.close();
    expect([...db.statementCounts().values()]).toEqual([1, 1]);
  });

  it('of what was pulled last are written at the end', async () => {
    const pulls = new PullTimes(new PullStore(database.connect()), logger);
    pulls.note(name, digest);
    await pulls.close();
    expect(await pulled()).toEqual([{ what: digest }]);
  });

  it('are given up without a database, and nobody suffers', async () => {
    const pulls = new PullTimes(new PullStore(database.connect({ url: 'postgres://nobody@127.0.0.1:1/none' })), logger);
    pulls.note(name, digest, other);
    await pulls.close();
    expect(logged.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['times of pulls are lost']);
    expect(await pulled()).toEqual([]);
  });
});
