import { randomInt } from 'node:crypto';
import { parseTag, type Digest, type RepositoryName } from '#oci';
import { ManifestStore } from '../manifests/manifest-store.js';
import { RepositoryStore } from '../repositories/repository-store.js';
import { TagHistoryStore } from '../tags/tag-history-store.js';
import { TagStore } from '../tags/tag-store.js';
import { aManifest, aRepository } from '../testing/fixtures.js';
import { withDatabase } from '../testing/index.js';
import type { NewManifest } from '../shapes.js';
import type { RepositoryPolicy } from '../policy/repository-policy.js';
import { applyRetention, planRetention } from './apply-retention.js';
import { RetentionStore } from './retention-store.js';

const database = withDatabase();
const historyDays = 14;

/** A repository with rules, whose rows can be made older. */
class Aging {
  readonly name: RepositoryName = aRepository();
  readonly manifests = new ManifestStore(database.db);
  readonly tags = new TagStore(database.db);
  readonly store = new RetentionStore(database.connect());

  async push(more: Parameters<typeof aManifest>[1] = {}, references: Digest[] = []): Promise<NewManifest> {
    const manifest = aManifest(references, more);
    expect(await this.manifests.put(this.name, manifest)).toMatchObject({ outcome: 'stored' });
    return manifest;
  }

  async policy(policy: RepositoryPolicy): Promise<void> {
    await new RepositoryStore(database.db).setPolicy(this.name, policy);
  }

  /** Everything so far happened so many days earlier. */
  async age(days: number): Promise<void> {
    const of = 'repository = (select id from repositories where name = $1)';
    for (const [table, column] of [
      ['manifests', 'pushed_at'],
      ['tags', 'pushed_at'],
      ['tag_history', 'at'],
    ])
      // prettier-ignore
      await database.sql(`update ${table} set ${column} = ${column} - make_interval(days => $2) where ${of}`, [this.name, days]);
  }

  async plan() {
    return (await planRetention(this.store, this.name, historyDays))!;
  }

  async has({ digest }: NewManifest): Promise<boolean> {
    return (await this.manifests.find(this.name, { digest })) !== null;
  }

  async tagNames(): Promise<readonly string[]> {
    return (await this.tags.page(this.name, {}))!.names;
  }
}

const going = ({ plan }: Awaited<ReturnType<Aging['plan']>>) => ({
  tags: plan.tags.filter(({ keep }) => !keep),
  manifests: plan.manifests.filter(({ keep }) => !keep),
});

describe('retention', () => {
  it('does what it said, and says nothing more afterwards', async () => {
    const repository = new Aging();
    const image = await repository.push();
    const index = await repository.push({ kind: 'child' }, [image.digest]);
    const signature = await repository.push({ tags: [`sha256-${image.digest.slice(7)}.sig`] });
    const sbom = await repository.push({ subject: index.digest });
    const kept = await repository.push({ tags: ['v1', 'dev-1'] });
    const keptSignature = await repository.push({ tags: [`sha256-${kept.digest.slice(7)}.sig`] });
    const keptSbom = await repository.push({ subject: kept.digest });
    await repository.age(40);
    const fresh = await repository.push({ tags: ['dev-2'] });
    await repository.policy({ retention: { tags: [{ match: 'dev-*', keep: 1 }], untaggedDays: 30 } });

    const planned = await repository.plan();
    expect(going(planned).tags.map(({ tag }) => tag)).toEqual(['dev-1', `sha256-${image.digest.slice(7)}.sig`]);
    expect(
      going(planned)
        .manifests.map(({ digest }) => digest)
        .toSorted(),
    ).toEqual([image, index, signature, sbom].map(({ digest }) => digest).toSorted());
    expect(await repository.has(image)).toBe(true);
    const told: [number, number][] = [];
    const applied = await applyRetention(repository.store, planned, { told: (done, of) => told.push([done, of]) });
    expect(applied).toEqual({ ...going(planned), left: 0 });
    // The first tag, then four manifests; the tag that goes with its manifest is decided but no step of its own.
    expect(told).toEqual([0, 1, 2, 3, 4].map((done) => [done, 6]));
    for (const manifest of [image, index, signature, sbom]) expect(await repository.has(manifest)).toBe(false);
    for (const manifest of [kept, keptSignature, keptSbom, fresh]) expect(await repository.has(manifest)).toBe(true);
    expect(await repository.tagNames()).toEqual(['dev-2', `sha256-${kept.digest.slice(7)}.sig`, 'v1']);
    expect(going(await repository.plan())).toEqual({ tags: [], manifests: [] });
  });

  it('takes along what somebody left behind who deleted an image, and leaves signatures of images that are elsewhere', async () => {
    const repository = new Aging();
    const [deleted, back] = [await repository.push({ tags: ['v1'] }), await repository.push({ tags: ['v2'] })];
    const signatures = [deleted, back].map(({ digest }) => `sha256-${digest.slice(7)}.sig`);
    for (const tag of signatures) await repository.push({ tags: [tag] });
    const pulled = await repository.push({ tags: [`sha256-${deleted.digest.slice(7)}.att`] });
    const elsewhere = `sha256-${'e'.repeat(64)}.sig`;
    await repository.push({ tags: [elsewhere] });
    for (const { digest } of [deleted, back]) await repository.manifests.delete(repository.name, digest);
    await repository.policy({ retention: { untaggedDays: 30 } });
    expect(going(await repository.plan())).toEqual({ tags: [], manifests: [] });
    await repository.age(40);
    const planned = await repository.plan();
    expect(going(planned).tags.map(({ tag }) => tag)).toEqual([...signatures, `sha256-${deleted.digest.slice(7)}.att`].toSorted());
    await repository.manifests.put(repository.name, { ...back, tags: [parseTag('v2')] });
    await database.sql(`update manifests set last_pulled_at = now() where digest_text(digest) = $1`, [pulled.digest]);
    expect(await applyRetention(repository.store, planned)).toMatchObject({ left: 4 });
    expect(await repository.tagNames()).toEqual([signatures[1]!, `sha256-${deleted.digest.slice(7)}.att`, elsewhere, 'v2'].toSorted());
  });

  it('leaves the way back open: what a tag left stays for its time, and no longer', async () => {
    const repository = new Aging();
    const image = await repository.push({ tags: ['v1'] });
    await repository.policy({ retention: { untaggedDays: 1 } });
    await repository.age(100);
    await repository.tags.delete(repository.name, parseTag('v1'));
    await repository.age(historyDays - 1);
    await applyRetention(repository.store, await repository.plan());
    const history = new TagHistoryStore(database.db);
    expect(await history.restore(repository.name, parseTag('v1'), image.digest)).toEqual({ outcome: 'restored' });
    await repository.tags.delete(repository.name, parseTag('v1'));
    await repository.age(historyDays + 1);
    await applyRetention(repository.store, await repository.plan());
    expect(await history.restore(repository.name, parseTag('v1'), image.digest)).toEqual({ outcome: 'unknown' });
  });

  it('leaves what has changed since it decided', async () => {
    const repository = new Aging();
    const names = ['moved', 'tagged', 'tagged and left', 'listed', 'pushed again', 'subject came', 'pulled', 'unchanged'] as const;
    const manifests = new Map<string, NewManifest>();
    const subject = aManifest([]);
    for (const name of names) manifests.set(name, await repository.push(name === 'subject came' ? { subject: subject.digest } : {}));
    const of = (name: (typeof names)[number]) => manifests.get(name)!;
    await repository.push({ tags: ['old'] });
    await repository.age(40);
    await repository.policy({ retention: { tags: [{ keep: 0 }], untaggedDays: 30 } });
    const planned = await repository.plan();
    expect(going(planned).manifests).toHaveLength(names.length);

    const put = (manifest: NewManifest) => repository.manifests.put(repository.name, manifest);
    await put({ ...of('moved'), tags: [parseTag('old')] });
    await put({ ...of('tagged'), tags: [parseTag('v2')] });
    await put({ ...of('tagged and left'), tags: [parseTag('v3')] });
    await repository.tags.delete(repository.name, parseTag('v3'));
    await repository.push({ kind: 'child' }, [of('listed').digest]);
    await put(of('pushed again'));
    await put(subject);
    await database.sql(`update manifests set last_pulled_at = now() where digest_text(digest) = $1`, [of('pulled').digest]);

    const applied = await applyRetention(repository.store, planned);
    expect(applied.manifests.map(({ digest }) => digest)).toEqual([of('unchanged').digest]);
    expect(applied).toMatchObject({ tags: [], left: names.length });
    expect(await repository.tagNames()).toEqual(['old', 'v2']);
  });

  it('stops where the rules are others by now', async () => {
    const repository = new Aging();
    const image = await repository.push();
    await repository.push({ tags: ['old'] });
    await repository.age(40);
    await repository.policy({ retention: { tags: [{ keep: 0 }], untaggedDays: 30 } });
    const planned = await repository.plan();
    await repository.policy({ retention: { untaggedDays: 31 } });
    expect(await applyRetention(repository.store, planned)).toMatchObject({ tags: [], manifests: [], left: 2 });
    expect([await repository.has(image), await repository.tagNames()]).toEqual([true, ['old']]);
  });

  it('has what the removed ones used reviewed, and their tags noted', async () => {
    const repository = new Aging();
    const blob = aManifest([]).digest;
    const optional = { descriptor: { digest: blob, size: 7 }, kind: 'layer' as const, optional: true };
    await repository.push({ references: [optional] });
    await repository.push({ tags: ['t'] });
    await repository.age(40);
    await database.sql('delete from reviews');
    await repository.policy({ retention: { tags: [{ keep: 0 }], untaggedDays: 30 } });
    await applyRetention(repository.store, await repository.plan());
    expect(await database.sql('select kind, digest_text(digest) as digest from reviews')).toEqual([{ kind: 'link', digest: blob }]);
    const [newest] = (await new TagHistoryStore(database.db).page(repository.name, { limit: 1 }))!;
    expect(newest).toMatchObject({ tag: 't', digest: null });
  });

  it('does what it said of any repository, and leaves nothing that lacks a part', async () => {
    for (let round = 0; round < 8; round += 1) {
      const repository = new Aging();
      const pushed: NewManifest[] = [];
      const pick = () => pushed[randomInt(pushed.length)]!.digest;
      for (let i = 0; i < 40; i += 1) {
        const dice = pushed.length < 5 ? 0 : randomInt(6);
        const tags = [
          ...(randomInt(4) === 0 ? [`t${randomInt(8)}`] : []),
          ...(dice === 5 ? [`sha256-${pick().slice(7)}${['', '.sig', '.att'][randomInt(3)]}`] : []),
        ];
        const more = dice === 1 ? { kind: 'child' as const, tags } : dice === 2 ? { subject: pick(), tags } : { tags };
        pushed.push(await repository.push(more, dice === 1 ? [...new Set([pick(), pick()])] : []));
        if (randomInt(3) === 0) await repository.age(randomInt(20));
      }
      await repository.policy({ retention: { tags: [{ keep: 2 }, { match: 't[0-3]', keep: 1, by: 'pull' }], untaggedDays: 20 } });
      const planned = await repository.plan();
      expect(await applyRetention(repository.store, planned)).toEqual({ ...going(planned), left: 0 });
      const broken = await database.sql(
        `select digest_text(f.digest) from manifest_references f left join manifests c on c.repository = f.repository and c.digest = f.digest
         where f.kind = 'child' and c.digest is null`,
      );
      expect(broken).toEqual([]);
      expect(going(await repository.plan())).toEqual({ tags: [], manifests: [] });
    }
  }, 60_000);

  it('finds the repositories that have rules', async () => {
    const [one, other] = [new Aging(), new Aging()];
    for (const repository of [one, other]) await repository.push();
    await one.policy({ retention: { untaggedDays: 30 } });
    await other.policy({ immutableTags: ['*'] });
    const names = await one.store.repositories({ limit: 1_000 });
    expect([names.includes(one.name), names.includes(other.name)]).toEqual([true, false]);
    expect(await one.store.repositories({ last: names.at(-1), limit: 10 })).toEqual([]);
    expect(await planRetention(one.store, aRepository(), historyDays)).toBeNull();
  });
});
