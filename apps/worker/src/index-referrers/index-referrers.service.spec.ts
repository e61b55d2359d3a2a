import { LegacyReferrerStore, TagStore } from '#metadata';
import { hexOf, parseTag, type Digest } from '#oci';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { Workbench } from '../testing/workbench.js';
import { IndexReferrersService } from './index-referrers.service.js';

describe('tying cosign’s tags', () => {
  const database = withDatabase();
  let bench: Workbench;
  let ties: LegacyReferrerStore;

  beforeEach(async () => {
    bench = await Workbench.set(database);
    ties = new LegacyReferrerStore(database.db);
  });
  afterEach(() => bench.clear());

  async function tiedTo(subject: Digest) {
    const service = new IndexReferrersService(ties);
    await bench.outbox.drain('index-referrers', service.batch, (rows) => service.run(rows));
    expect(await bench.due('index-referrers')).toEqual([]);
    return ties.list(bench.name, subject);
  }
  const legacy = (subject: Digest, kind: string) => `sha256-${hexOf(subject)}.${kind}`;

  it('finds signature, attestation and SBOM of a manifest, and leaves other tags alone', async () => {
    const subject = await bench.manifest({ image: 1 }, ['v1']);
    const other = await bench.manifest({ image: 2 }, ['v2']);
    for (const kind of ['sig', 'att', 'sbom']) await bench.manifest({ kind }, [legacy(subject, kind)]);
    expect((await tiedTo(subject)).map(({ kind }) => kind).sort()).toEqual(['att', 'sbom', 'sig']);
    expect(await tiedTo(other)).toEqual([]);
  });

  it('follows a tag that moves, and forgets one that goes', async () => {
    const subject = await bench.manifest({ image: 1 });
    const tag = legacy(subject, 'sig');
    await bench.manifest({ signature: 1 }, [tag]);
    expect(await tiedTo(subject)).toEqual([{ tag, kind: 'sig', subject }]);
    await bench.manifest({ signature: 2 }, [tag]);
    expect(await tiedTo(subject)).toEqual([{ tag, kind: 'sig', subject }]);
    await new TagStore(database.db).delete(bench.name, parseTag(tag));
    expect(await tiedTo(subject)).toEqual([]);
  });
});
