import { randomUUID } from 'node:crypto';
import { BlobStore, DamageStore, UploadSessionStore } from '#metadata';
import { parseDigest, parseRepositoryName, type RepositoryName } from '#oci';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { CommandLine } from '../testing/command-line.js';

const database = withDatabase();
const entrepot = new CommandLine(database);
const digests = ['a', 'b', 'c'].map((letter) => parseDigest(`sha256:${letter.repeat(64)}`));

async function push(name: RepositoryName, digest: (typeof digests)[number]): Promise<string> {
  const [id, uploads] = [randomUUID(), new UploadSessionStore(database.db)];
  await uploads.begin(name, { id, storage: { offset: 0 }, algorithm: 'sha256' });
  await uploads.finalize(name, id, { digest, size: 2_048, storageKey: `blobs/${id}` });
  return `blobs/${id}`;
}

it('lists what is damaged, since when, and who misses it; nothing that is healed', async () => {
  expect(await entrepot.lines('damaged')).toEqual(['no blob is known to be damaged']);
  const [one, two] = [parseRepositoryName('acme/one'), parseRepositoryName('acme/two')];
  const damage = new DamageStore(database.db);
  for (const digest of digests) await damage.mark({ digest, storageKey: await push(one, digest) });
  await push(two, digests[1]!);
  await damage.mark({ digest: digests[1]!, storageKey: (await new BlobStore(database.db).find(two, digests[1]!))!.storageKey });
  await push(one, digests[2]!);
  await database.sql(`update blobs set damaged_at = '2026-01-02T03:04:05Z' where damaged_at is not null`);
  expect(await entrepot.lines('damaged')).toEqual([
    expect.stringMatching(/^DIGEST +SIZE +SINCE +REPOSITORIES$/) as string,
    `${digests[0]}  2.00 KiB  2026-01-02T03:04:05Z  acme/one`,
    `${digests[1]}  2.00 KiB  2026-01-02T03:04:05Z  acme/one, acme/two`,
  ]);
  expect(await entrepot.json('damaged', '--after', digests[0]!)).toMatchObject([
    { digest: digests[1], size: 2_048, damagedAt: '2026-01-02T03:04:05.000Z', repositories: [one, two] },
  ]);
  const { out, err } = await entrepot.run(['damaged', '--limit', '1', '--json']);
  expect(JSON.parse(out)).toHaveLength(1);
  expect(err).toBe(`2 in all; what may follow: --after ${digests[0]}\n`);
  expect(await entrepot.run(['damaged', '--after', 'nonsense'])).toMatchObject({ code: 2 });
});
