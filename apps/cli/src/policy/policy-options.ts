import { InvalidArgumentError, Option, type Command } from 'commander';
import type { RepositoryPolicy, RetentionRules, TagRule } from '#metadata';
import { wholeNumber } from '../command.js';
import { CommandError, exitCode } from '../exit-code.js';

/** Retention rules on a command line. */
export interface RetentionOptions {
  readonly keep?: readonly TagRule[];
  readonly untaggedDays?: number;
}

/** Settings of a repository on a command line; `false`: none. */
export interface PolicyOptions extends RetentionOptions {
  readonly sparseIndexes?: 'on' | 'off';
  readonly immutableTags?: readonly string[] | false;
  readonly retention?: false;
  readonly policy?: unknown;
}

const rulePattern = /^(?<keep>\d+|all)(?:\s+(?:of\s+)?(?!by\s)(?<match>\S+))?(?:\s+by\s+(?<by>push|pull))?$/;

/** A rule as people write it: `10`, `10 of dev-*`, `all of v*`, `5 of /rc-\d+/ by pull`. */
export function parseTagRule(text: string): TagRule {
  const { keep, match, by } = rulePattern.exec(text.trim())?.groups ?? {};
  if (keep === undefined) throw new InvalidArgumentError('A rule is "<number or all> [of <pattern>] [by push or by pull]".');
  return {
    keep: keep === 'all' ? keep : Number(keep),
    ...(match !== undefined && { match }),
    ...(by !== undefined && { by: by as 'push' }),
  };
}

const gathered =
  <Value>(parse: (text: string) => Value) =>
  // `false`: the same option was denied before.
  (text: string, before: readonly Value[] | false | undefined): Value[] => [...(before || []), parse(text)];

/** Adds the options that say which tags and manifests to keep. */
export function withRetentionOptions(command: Command): Command {
  const keep = new Option('--keep <rule>', 'tags to keep: "10 of dev-* by pull", "all of v*", "20"; give it once for each rule');
  return command
    .addOption(keep.argParser(gathered(parseTagRule)))
    .option('--untagged-days <days>', 'remove manifests that nobody tagged, pushed or pulled for so long', wholeNumber(1));
}

/** Adds the options for all settings of a repository. */
export function withPolicyOptions(command: Command): Command {
  const pattern = new Option(
    '--immutable-tags <pattern>',
    'tags that can be made, and neither moved nor deleted; give it once for each pattern',
  );
  const policy = new Option('--policy <json>', 'all settings at once, as "repo show --json" gives them').argParser(parseJson);
  return withRetentionOptions(
    command
      .addOption(new Option('--sparse-indexes <state>', 'accept image indexes whose children are not (all) there').choices(['on', 'off']))
      .addOption(pattern.argParser(gathered((text) => text)))
      .option('--no-immutable-tags', 'let every tag be moved and deleted'),
  )
    .addOption(new Option('--no-retention', 'keep everything').conflicts(['keep', 'untaggedDays']))
    .addOption(policy.conflicts(['sparseIndexes', 'immutableTags', 'keep', 'untaggedDays', 'retention']));
}

/** The rules that were given; null where none were. */
export function retentionOf({ keep, untaggedDays }: RetentionOptions): RetentionRules | null {
  if (keep === undefined && untaggedDays === undefined) return null;
  return { ...(keep && { tags: keep }), ...(untaggedDays !== undefined && { untaggedDays }) };
}

/** How a policy changes by the single settings that were given; throws CommandError where that is nothing. */
export function changeOf(options: PolicyOptions): (policy: RepositoryPolicy) => RepositoryPolicy {
  const rules = retentionOf(options);
  const { sparseIndexes, immutableTags, retention } = options;
  if (!rules && sparseIndexes === undefined && immutableTags === undefined && retention !== false)
    throw new CommandError(exitCode.usage, 'nothing to set: --help shows the options');
  return (before) => ({
    ...before,
    ...(sparseIndexes && { sparseIndexes: sparseIndexes === 'on' }),
    ...(immutableTags !== undefined && { immutableTags: immutableTags || [] }),
    ...(retention === false && { retention: undefined }),
    ...(rules && { retention: rules }),
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError('It is no JSON.');
  }
}
