import type { Tag } from '#oci';
import type { ImmutableTags } from '../policy/immutable-tags.js';
import type { TagRule } from '../policy/repository-policy.js';
import { TagPattern } from '../policy/tag-pattern.js';
import type { SnapshotTag, RetentionVerdict } from './snapshot.js';

/** What one rule says of a tag that it matches. */
type Opinion = (tag: Tag) => RetentionVerdict | undefined;

/** Decides on ordinary tags: one that any rule keeps stays, one that rules match and none keeps goes, one that no rule matches stays. */
export function decideTags(tags: readonly SnapshotTag[], rules: readonly TagRule[], immutable: ImmutableTags): Map<Tag, RetentionVerdict> {
  const opinions = rules.map((rule, at) => opinionOf(rule, `tags[${at}]`, tags));
  return new Map(tags.map(({ name }) => [name, immutableVerdict(name, immutable) ?? verdictOf(name, opinions)]));
}

/** Kept because it may not go. */
export function immutableVerdict(tag: Tag, immutable: ImmutableTags): RetentionVerdict | undefined {
  const [held] = immutable.among([tag]);
  return held && { keep: true, rule: 'immutableTags', reason: `matches ${held.pattern}` };
}

function verdictOf(tag: Tag, opinions: readonly Opinion[]): RetentionVerdict {
  const all = opinions.flatMap((opinion) => opinion(tag) ?? []);
  return all.find(({ keep }) => keep) ?? all[0] ?? { keep: true, rule: 'none', reason: 'no rule is about it' };
}

function opinionOf({ match = '*', keep, by = 'push' }: TagRule, rule: string, tags: readonly SnapshotTag[]): Opinion {
  const pattern = match === '*' ? null : TagPattern.parse(match);
  const matching = tags.filter(({ name }) => pattern?.matches(name) ?? true);
  if (keep === 'all') {
    const names = new Set(matching.map(({ name }) => name));
    return (tag) => (names.has(tag) ? { keep: true, rule, reason: `matches ${match}` } : undefined);
  }
  const time = by === 'push' ? pushTime : useTime;
  const sorted = matching.map((tag) => ({ name: tag.name, time: time(tag) })).sort((a, b) => b.time - a.time || (a.name < b.name ? -1 : 1));
  const ranks = new Map(sorted.map(({ name }, at) => [name, at + 1]));
  return (tag) => {
    const rank = ranks.get(tag);
    const reason = `number ${rank} by ${by} of ${ranks.size} that match ${match}; the last ${keep} stay`;
    return rank === undefined ? undefined : { keep: rank <= keep, rule, reason };
  };
}

const pushTime = ({ pushedAt }: SnapshotTag): number => pushedAt.getTime();

/** A tag that nobody has pulled yet is as good as its push is new. */
const useTime = ({ pushedAt, lastPulledAt }: SnapshotTag): number => Math.max(pushedAt.getTime(), lastPulledAt?.getTime() ?? 0);
