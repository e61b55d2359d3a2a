import type { RepositoryPolicy, RetentionRules } from '#metadata';
import { tableOf } from '../output/table.js';

/** Retention rules as lines, each under the name by which decisions refer to it. */
export function rulesInWords({ retention }: RepositoryPolicy): string[] {
  if (!retention) return ['no retention rules: everything stays'];
  return tableOf(namedRules(retention), { rule: ({ name }) => name, keeps: ({ words }) => words });
}

function namedRules({ tags = [], untaggedDays }: RetentionRules): { name: string; words: string }[] {
  const rules = tags.map(({ match = '*', keep, by = 'push' }, at) => {
    const words = keep === 'all' ? `all tags that match ${match}` : `the last ${keep} by ${by} of the tags that match ${match}`;
    return { name: `tags[${at}]`, words };
  });
  if (untaggedDays === undefined) return rules;
  return [...rules, { name: 'untaggedDays', words: `manifests that were tagged, pushed or pulled within ${untaggedDays} days` }];
}

/** Patterns of immutable tags as lines. */
export function immutableInWords({ immutableTags = [] }: RepositoryPolicy): string[] {
  return immutableTags.length === 0 ? ['no tag rules: every tag can be moved and deleted'] : [...immutableTags];
}
