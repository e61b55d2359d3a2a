import { companionOf, type Digest, type Tag } from '#oci';
import { ImmutableTags } from '../policy/immutable-tags.js';
import { decideTags, immutableVerdict } from './decide-tags.js';
import { ManifestGraph } from './manifest-graph.js';
import type {
  ManifestDecision,
  RepositorySnapshot,
  RetentionPlan,
  SnapshotManifest,
  SnapshotTag,
  TagDecision,
  RetentionVerdict,
} from './snapshot.js';

const dayMs = 86_400_000;

interface Companion {
  readonly tag: SnapshotTag;
  readonly of: Digest;
  readonly immutable: RetentionVerdict | undefined;
}

/**
 * Decides what stays and what goes, and says by which rule: the dry run shows it, the real run does it. `tagHistoryDays`: how long a manifest
 * is kept after a tag left it, so that the tag can be taken back.
 */
export function decideRetention(snapshot: RepositorySnapshot, tagHistoryDays: number): RetentionPlan {
  const { policy, tags } = snapshot;
  const immutable = ImmutableTags.parse(policy.immutableTags ? JSON.stringify(policy.immutableTags) : null);
  const ordinary = tags.filter(({ name }) => companionOf(name) === null);
  const companions = tags.flatMap((tag): Companion[] => {
    const of = companionOf(tag.name);
    return of ? [{ tag, of, immutable: immutableVerdict(tag.name, immutable) }] : [];
  });
  const verdicts = decideTags(ordinary, policy.retention?.tags ?? [], immutable);
  const manifests = new ManifestDecisions(snapshot, tagHistoryDays).decide(ordinary, companions, verdicts);
  const departed = (of: Digest) => snapshot.departed.has(of);
  for (const { tag, of, immutable: held } of companions)
    verdicts.set(tag.name, held ?? (departed(of) ? leftBehind(of, manifests.get(tag.digest)) : companionVerdict(of, manifests.get(of))));
  return {
    tags: tags.map(({ name, digest }): TagDecision => ({ tag: name, digest, ...verdicts.get(name)! })),
    manifests: [...manifests].map(([digest, verdict]): ManifestDecision => ({ digest, ...verdict })),
  };
}

function companionVerdict(of: Digest, subject: RetentionVerdict | undefined): RetentionVerdict {
  if (!subject) return { keep: true, rule: 'none', reason: `${of} is not here` };
  return { keep: subject.keep, rule: 'subject', reason: `${subject.keep ? 'stays' : 'goes'} with ${of}` };
}

/** What it is about was deleted by somebody: then the time of its own manifest decides. */
function leftBehind(of: Digest, own: RetentionVerdict | undefined): RetentionVerdict {
  const keep = own?.keep ?? true;
  return { keep, rule: 'subject', reason: keep ? `${of} is gone; its own manifest stays for now` : `goes after ${of}, which is gone` };
}

class ManifestDecisions {
  private readonly kept = new Map<Digest, RetentionVerdict>();
  private readonly graph: ManifestGraph;

  constructor(
    private readonly snapshot: RepositorySnapshot,
    private readonly tagHistoryDays: number,
  ) {
    this.graph = new ManifestGraph(snapshot.manifests);
  }

  /** Those that go first. */
  decide(
    ordinary: readonly SnapshotTag[],
    companions: readonly Companion[],
    verdicts: ReadonlyMap<Tag, RetentionVerdict>,
  ): Map<Digest, RetentionVerdict> {
    for (const { tag, of } of companions) this.graph.addFollower(of, tag.digest);
    this.keepRoots(ordinary, companions, verdicts);
    for (const [digest] of this.kept)
      this.graph.eachKeptBy(digest, (next, rule) => this.keep(next, rule, rule === 'child' ? `part of ${digest}` : `refers to ${digest}`));
    const going = this.graph.removable(this.kept).map((digest): [Digest, RetentionVerdict] => [digest, this.goes(digest)]);
    const gone = new Set(going.map(([digest]) => digest));
    for (const { digest } of this.snapshot.manifests)
      if (!gone.has(digest)) this.keep(digest, 'circle', 'tags make it stay with what it keeps itself');
    return new Map([...going, ...this.kept]);
  }

  private keepRoots(
    ordinary: readonly SnapshotTag[],
    companions: readonly Companion[],
    verdicts: ReadonlyMap<Tag, RetentionVerdict>,
  ): void {
    for (const { name, digest } of ordinary) if (verdicts.get(name)?.keep) this.keep(digest, 'tagged', `has the tag ${name}`);
    for (const { name, digest } of ordinary) this.keep(digest, 'history', `has the tag ${name} until now`);
    for (const { tag, of, immutable } of companions) {
      if (immutable) this.keep(tag.digest, 'tagged', `has the tag ${tag.name}`);
      else if (!this.graph.has(of) && !this.snapshot.departed.has(of)) this.keep(tag.digest, 'none', `is about ${of}, which is not here`);
    }
    const days = this.snapshot.policy.retention?.untaggedDays;
    for (const manifest of this.snapshot.manifests) {
      if (days === undefined) this.keep(manifest.digest, 'none', 'no rule is about untagged manifests');
      else this.keepWanted(manifest, days);
    }
  }

  private keepWanted(manifest: SnapshotManifest, days: number): void {
    const { digest } = manifest;
    const named = this.snapshot.named.get(digest);
    const since = (limit: number) => this.snapshot.at.getTime() - limit * dayMs;
    if (named && named.getTime() > since(this.tagHistoryDays))
      this.keep(digest, 'history', `had a tag until ${dayOf(named)}, which can be restored for ${this.tagHistoryDays} days`);
    // What is about another manifest has that one's time, not its own.
    const last = this.lastUse(manifest);
    if (last.getTime() > since(days) && this.graph.leadersOf(digest).length === 0)
      this.keep(digest, 'untaggedDays', `was used on ${dayOf(last)}, less than ${days} days ago`);
  }

  private goes(digest: Digest): RetentionVerdict {
    const [leader] = this.graph.leadersOf(digest);
    if (leader) return { keep: false, rule: 'subject', reason: `goes with ${leader}` };
    const days = this.snapshot.policy.retention?.untaggedDays;
    return { keep: false, rule: 'untaggedDays', reason: `no tag, push or pull for ${days} days` };
  }

  private lastUse({ digest, pushedAt, lastPulledAt }: SnapshotManifest): Date {
    const times = [pushedAt, lastPulledAt, this.snapshot.named.get(digest)].flatMap((time) => time ?? []);
    return times.reduce((a, b) => (a > b ? a : b));
  }

  /** The first reason is the one that is told. */
  private keep(digest: Digest, rule: string, reason: string): void {
    if (!this.kept.has(digest)) this.kept.set(digest, { keep: true, rule, reason });
  }
}

const dayOf = (time: Date): string => time.toISOString().slice(0, 10);
