import type { Command } from 'commander';
import { parsePolicy } from '#metadata';
import { parseRepositoryName } from '#oci';
import { wholeNumber, withRunOptions, type Commands } from '../command.js';
import type { CommandContext } from '../command-context.js';
import { CommandError, exitCode } from '../exit-code.js';
import { listOf } from '../output/table.js';
import { countOf, sizeOf, timeOf } from '../output/words.js';
import { changeOf, withPolicyOptions, type PolicyOptions } from '../policy/policy-options.js';
import { immutableInWords, rulesInWords } from '../policy/policy-words.js';
import { settleRun, type RunOptions } from '../runs/request-run.js';
import { changePolicyOf, noSuchRepository, policyOf, replacePolicyOf } from './known.js';

interface SetOptions extends PolicyOptions {
  readonly create?: boolean;
}

/** `repo`: what a repository holds, its settings, its end. */
export function addRepoCommands(program: Command, commands: Commands): void {
  const repo = program.command('repo').summary('repositories and their settings').description('Repositories and their settings.');

  const list = repo
    .command('list')
    .description('Lists repositories that have manifests.')
    .option('--last <name>', 'those after this name')
    .option('--limit <number>', 'at most so many', wholeNumber(1), 100);
  commands.on<{ last?: string; limit: number }>(list, async ({ registry, output }, _args, { last, limit }) => {
    const { names, more } = await registry.repositories.page({ last, limit });
    output.answer(names, () => names);
    if (more) output.remark(`there are more: --last ${names.at(-1)}`);
  });

  commands.on(
    repo.command('show').description('Shows what a repository holds, and its settings.').argument('<repository>'),
    showRepository,
  );

  const set = repo
    .command('set')
    .description('Changes settings; what is not mentioned stays as it is.')
    .argument('<repository>')
    .option('--create', 'make the repository, if nobody has pushed to it yet');
  commands.on<SetOptions>(withPolicyOptions(set), setRepository);

  const remove = repo
    .command('rm')
    .description('Removes a repository with all its tags, manifests and history. Blobs that nobody else has are collected.')
    .argument('<repository>')
    .option('--yes', 'do not ask');
  commands.on<RunOptions & { yes?: boolean }>(withRunOptions(remove), removeRepository);
}

async function setRepository({ registry, output }: CommandContext, [repository]: readonly string[], options: SetOptions): Promise<void> {
  const name = parseRepositoryName(repository!);
  // What is wrong in itself is said before anything is made.
  const whole = options.policy === undefined ? null : parsePolicy(options.policy);
  const change = whole ? null : changeOf(options);
  if (change) parsePolicy(change({}));
  if (options.create) await registry.repositories.create(name);
  const policy = change ? await changePolicyOf(registry, name, change) : await replacePolicyOf(registry, name, whole!);
  output.answer(policy, () => listOf({ 'sparse indexes': policy.sparseIndexes ? 'on' : 'off' }).concat(settingsInWords(policy)));
}

async function showRepository({ registry, output }: CommandContext, [repository]: readonly string[]): Promise<void> {
  const { name, policy } = await policyOf(registry, repository!);
  const stats = await registry.stats.repository(name);
  if (!stats) throw noSuchRepository(name);
  output.answer({ name, ...stats, policy }, () => [
    ...listOf({
      repository: name,
      tags: stats.tags,
      manifests: stats.manifests,
      blobs: `${stats.blobs} (${sizeOf(stats.bytes)})`,
      'open uploads': stats.uploads,
      created: timeOf(stats.createdAt),
      'last push': timeOf(stats.lastPushedAt),
      'last pull': timeOf(stats.lastPulledAt),
      'sparse indexes': policy.sparseIndexes ? 'on' : 'off',
    }),
    ...settingsInWords(policy),
  ]);
}

function settingsInWords(policy: Parameters<typeof rulesInWords>[0]): string[] {
  return ['', 'immutable tags:', ...immutableInWords(policy), '', 'retention:', ...rulesInWords(policy)];
}

async function removeRepository(context: CommandContext, [repository]: readonly string[], options: RunOptions & { yes?: boolean }) {
  const { registry, output, ask } = context;
  const name = parseRepositoryName(repository!);
  const stats = await registry.stats.repository(name);
  if (!stats) throw noSuchRepository(name);
  const what = `${countOf(stats.tags, 'tag')}, ${countOf(stats.manifests, 'manifest')} and ${countOf(stats.blobs, 'blob')}`;
  if (!options.yes) {
    const answer = await ask(`${name} has ${what}, immutable tags included. This cannot be undone. Its name again to remove it: `);
    if (answer === null) throw new CommandError(exitCode.refused, `${name} has ${what}; to remove it without being asked: --yes`);
    if (answer.trim() !== name) throw new CommandError(exitCode.refused, 'that is another name: nothing was removed');
  }
  const run = await registry.removals.remove(name);
  if (run === null) throw noSuchRepository(name);
  output.remark(`removed ${name}; run ${run} clears up after it`);
  return settleRun(context, { id: run, kind: 'removal' }, options);
}
