import { parseRepositoryName, parseTag, type Digest, type Tag } from '#oci';
import { parsePolicy, type RepositoryPolicy } from '../policy/repository-policy.js';
import { digest } from '../testing/fixtures.js';
import { decideRetention } from './decide-retention.js';
import type { RepositorySnapshot, SnapshotManifest, SnapshotTag } from './snapshot.js';

const now = new Date('2026-06-30T12:00:00Z');
const daysAgo = (days: number): Date => new Date(now.getTime() - days * 86_400_000);
const hexOf = (of: Digest): string => of.slice('sha256:'.length);

/** A repository on paper. Manifests are called by names, and pushed 100 days ago. */
class Paper {
  readonly tags: SnapshotTag[] = [];
  readonly manifests: SnapshotManifest[] = [];
  readonly named = new Map<Digest, Date>();
  readonly departed = new Set<Digest>();

  manifest(name: string, more: { children?: string[]; subject?: string; pushed?: number; pulled?: number; named?: number } = {}): this {
    const { children = [], subject, pushed = 100, pulled, named } = more;
    this.manifests.push({
      digest: digest(name),
      subject: subject === undefined ? null : digest(subject),
      children: children.map((child) => digest(child)),
      pushedAt: daysAgo(pushed),
      lastPulledAt: pulled === undefined ? null : daysAgo(pulled),
    });
    if (named !== undefined) this.named.set(digest(name), daysAgo(named));
    return this;
  }

  tag(name: string, manifest: string, { pushed = 100, pulled }: { pushed?: number; pulled?: number } = {}): this {
    const lastPulledAt = pulled === undefined ? null : daysAgo(pulled);
    this.tags.push({ name: parseTag(name), digest: digest(manifest), pushedAt: daysAgo(pushed), lastPulledAt });
    return this;
  }

  decide(policy: RepositoryPolicy, tagHistoryDays = 14) {
    const { tags, manifests, named, departed } = this;
    const names = new Map(manifests.map((manifest) => [manifest.digest, manifest] as const));
    expect(names.size).toBe(manifests.length);
    const head = { name: parseRepositoryName('a/b'), repository: 1, at: now, policy: parsePolicy(policy), policyText: '' };
    const plan = decideRetention({ ...head, tags, manifests, named, departed } satisfies RepositorySnapshot, tagHistoryDays);
    expect(plan.manifests.map((decision) => decision.digest).toSorted()).toEqual([...names.keys()].toSorted());
    return {
      tags: Object.fromEntries(plan.tags.map(({ tag, keep, rule }) => [tag, `${keep ? 'stays' : 'goes'} ${rule}`])),
      reason: (tag: string) => plan.tags.find((decision) => decision.tag === (tag as Tag))?.reason,
      why: (manifest: string) => plan.manifests.find((decision) => decision.digest === digest(manifest))?.reason,
      of: (manifest: string) => {
        const found = plan.manifests.find((decision) => decision.digest === digest(manifest))!;
        return `${found.keep ? 'stays' : 'goes'} ${found.rule}`;
      },
      gone: plan.manifests.filter(({ keep }) => !keep).map((decision) => decision.digest),
    };
  }
}

describe('tags', () => {
  const paper = new Paper().manifest('m');
  for (const [tag, pushed, pulled] of [['dev-1', 5, 1], ['dev-2', 4, undefined], ['dev-3', 3, 90], ['dev-4', 2, undefined], ['v1', 99, 99], ['main', 1, 1]] as const)
    paper.tag(tag, 'm', { pushed, pulled }); // prettier-ignore

  it('stay where no rule is about them, and are counted by push', () => {
    const { tags, reason } = paper.decide({ retention: { tags: [{ match: 'dev-*', keep: 2 }] } });
    expect(tags).toEqual({
      'dev-1': 'goes tags[0]', 'dev-2': 'goes tags[0]', 'dev-3': 'stays tags[0]', 'dev-4': 'stays tags[0]', v1: 'stays none', main: 'stays none',
    }); // prettier-ignore
    expect(reason('dev-2')).toBe('number 3 by push of 4 that match dev-*; the last 2 stay');
    expect(reason('dev-4')).toBe('number 1 by push of 4 that match dev-*; the last 2 stay');
  });

  it('are counted by pull, a push standing in for the first', () => {
    const { tags } = paper.decide({ retention: { tags: [{ match: '/dev-\\d/', keep: 2, by: 'pull' }] } });
    expect(Object.keys(tags).filter((tag) => tags[tag]!.startsWith('goes'))).toEqual(['dev-2', 'dev-3']);
  });

  it('stay where any rule keeps them', () => {
    const { tags } = paper.decide({ retention: { tags: [{ keep: 1 }, { match: 'v*', keep: 'all' }, { match: 'dev-[12]', keep: 1 }] } });
    expect(tags).toEqual({
      'dev-1': 'goes tags[0]', 'dev-2': 'stays tags[2]', 'dev-3': 'goes tags[0]', 'dev-4': 'goes tags[0]', v1: 'stays tags[1]', main: 'stays tags[0]',
    }); // prettier-ignore
  });

  it('that are immutable stay', () => {
    const { tags, reason } = paper.decide({ immutableTags: ['dev-*'], retention: { tags: [{ keep: 0 }] } });
    expect(tags).toMatchObject({ 'dev-1': 'stays immutableTags', v1: 'goes tags[0]' });
    expect(reason('dev-1')).toBe('matches dev-*');
  });

  it('of the same time go by name', () => {
    const same = new Paper().manifest('m').tag('b', 'm').tag('a', 'm').tag('c', 'm');
    expect(same.decide({ retention: { tags: [{ keep: 1 }] } }).tags).toEqual({ a: 'stays tags[0]', b: 'goes tags[0]', c: 'goes tags[0]' });
  });
});

describe('manifests', () => {
  const untagged = { retention: { untaggedDays: 30 } };

  it('stay without a rule about them, also where their tags go', () => {
    const { of } = new Paper()
      .manifest('old')
      .manifest('m')
      .tag('t', 'm')
      .decide({ retention: { tags: [{ keep: 0 }] } });
    expect([of('old'), of('m')]).toEqual(['stays none', 'stays history']);
  });

  it('go when nobody has tagged, pushed or pulled them for long', () => {
    const { of } = new Paper()
      .manifest('old')
      .manifest('pushed', { pushed: 29 })
      .manifest('pulled', { pulled: 3 })
      .manifest('left', { named: 20 })
      .manifest('tagged')
      .tag('v1', 'tagged')
      .decide(untagged);
    expect(['old', 'pushed', 'pulled', 'left', 'tagged'].map(of)).toEqual([
      'goes untaggedDays', 'stays untaggedDays', 'stays untaggedDays', 'stays untaggedDays', 'stays tagged',
    ]); // prettier-ignore
  });

  it('stay as long as a tag can be taken back to them', () => {
    const paper = new Paper().manifest('left', { named: 40, children: ['child'] }).manifest('child');
    expect([paper.decide(untagged, 50).of('left'), paper.decide(untagged, 50).of('child')]).toEqual(['stays history', 'stays child']);
    expect(paper.decide(untagged, 50).why('left')).toBe('had a tag until 2026-05-21, which can be restored for 50 days');
    expect([paper.decide(untagged, 0).of('left'), paper.decide(untagged, 0).of('child')]).toEqual([
      'goes untaggedDays',
      'goes untaggedDays',
    ]);
  });

  it('stay for a while after the tag that goes now', () => {
    const { of, why } = new Paper()
      .manifest('m')
      .tag('t', 'm')
      .decide({ retention: { tags: [{ keep: 0 }], untaggedDays: 1 } }, 0);
    expect([of('m'), why('m')]).toEqual(['stays history', 'has the tag t until now']);
  });

  it('stay with the index that lists them and with what they are about, however deep', () => {
    const { of, gone } = new Paper()
      .manifest('index', { children: ['image', 'missing'] })
      .manifest('image')
      .manifest('sbom', { subject: 'image' })
      .manifest('signature of sbom', { subject: 'sbom' })
      .tag('v1', 'index')
      .decide(untagged);
    expect(['image', 'sbom', 'signature of sbom'].map(of)).toEqual(['stays child', 'stays referrer', 'stays referrer']);
    expect(gone).toEqual([]);
  });

  it('go with what they are about, whatever their age, each after what holds it', () => {
    const { of, gone } = new Paper()
      .manifest('new signature', { subject: 'image', pushed: 0 })
      .manifest('image')
      .manifest('index', { children: ['image'] })
      .decide(untagged);
    expect(of('new signature')).toBe('goes subject');
    expect(gone).toEqual(['index', 'image', 'new signature'].map((name) => digest(name)));
  });

  it('stay with a tag of their own when what they are about goes', () => {
    const { of } = new Paper().manifest('image').manifest('chart', { subject: 'image' }).tag('v1', 'chart').decide(untagged);
    expect([of('image'), of('chart')]).toEqual(['goes untaggedDays', 'stays tagged']);
  });

  it('about something that is not here are manifests as any', () => {
    const { of } = new Paper().manifest('old', { subject: 'x' }).manifest('new', { subject: 'x', pushed: 1 }).decide(untagged);
    expect([of('old'), of('new')]).toEqual(['goes untaggedDays', 'stays untaggedDays']);
  });
});

describe('tags that exist for a manifest', () => {
  const image = digest('image');
  const companions = ['', '.sig', '.att', '.sbom'].map((suffix) => `sha256-${hexOf(image)}${suffix}`);
  const policy = { retention: { tags: [{ keep: 1 }], untaggedDays: 30 } };
  const signed = (paper = new Paper()) => {
    paper.manifest('image').manifest('other').tag('other', 'other', { pushed: 1 });
    for (const tag of companions) paper.manifest(tag, { pushed: 2 }).tag(tag, tag, { pushed: 0 });
    return paper;
  };

  it('count in no rule, and stay with it', () => {
    const { tags, of } = signed().tag('v1', 'image').decide(policy);
    expect(tags).toMatchObject({ other: 'stays tags[0]', v1: 'goes tags[0]' });
    for (const tag of companions) expect([tags[tag], of(tag)]).toEqual(['stays subject', 'stays referrer']);
  });

  it('go with it, after it', () => {
    const { tags, of, gone } = signed().decide(policy);
    for (const tag of companions) expect([tags[tag], of(tag)]).toEqual(['goes subject', 'goes subject']);
    expect(gone[0]).toBe(image);
    expect(gone).toHaveLength(5);
  });

  it('stay where it never was: signatures may be kept in a repository of their own', () => {
    const tag = `sha256-${hexOf(digest('elsewhere'))}.sig`;
    const { tags, of } = new Paper().manifest('signature').tag(tag, 'signature').decide(policy);
    expect([tags[tag], of('signature')]).toEqual(['stays none', 'stays none']);
  });

  it('go after it where somebody deleted it, when nobody wants them any more', () => {
    const left = (pulled?: number) => {
      const paper = new Paper().manifest('signature', { pulled }).tag(companions[1]!, 'signature');
      paper.departed.add(image);
      return paper;
    };
    const old = left().decide(policy);
    expect([old.tags[companions[1]!], old.of('signature')]).toEqual(['goes subject', 'goes untaggedDays']);
    const used = left(3).decide(policy);
    expect([used.tags[companions[1]!], used.of('signature')]).toEqual(['stays subject', 'stays untaggedDays']);
    const unruled = left().decide({ retention: { tags: [{ keep: 0 }] } });
    expect([unruled.tags[companions[1]!], unruled.of('signature')]).toEqual(['stays subject', 'stays none']);
  });

  it('go alone where their manifest has a tag of its own', () => {
    const { tags, of } = new Paper().manifest('image').manifest('both').tag(companions[1]!, 'both').tag('v1', 'both').decide(policy);
    expect([tags[companions[1]!], of('both'), of('image')]).toEqual(['goes subject', 'stays tagged', 'goes untaggedDays']);
  });

  it('that are immutable stay, and so do their manifests', () => {
    const { tags, of } = signed().decide({ ...policy, immutableTags: ['*.sig'] });
    expect([tags[companions[1]!], of(companions[1]!), of('image')]).toEqual(['stays immutableTags', 'stays tagged', 'goes untaggedDays']);
    expect(tags[companions[2]!]).toBe('goes subject');
  });

  it('in a circle hold each other', () => {
    const { of } = new Paper()
      .manifest('index', { children: ['image'] })
      .manifest('image')
      .tag(companions[1]!, 'index')
      .decide(untaggedOnly);
    expect([of('index'), of('image')]).toEqual(['stays circle', 'stays circle']);
    expect(new Paper().manifest('image').tag(companions[0]!, 'image').decide(untaggedOnly).of('image')).toBe('stays circle');
  });
});

const untaggedOnly = { retention: { untaggedDays: 30 } };
