import { Option, type Command } from 'commander';
import { withRunOptions, type Commands } from '../command.js';
import type { CommandContext } from '../command-context.js';
import { CommandError, exitCode } from '../exit-code.js';
import { retentionOf, withRetentionOptions, type RetentionOptions } from '../policy/policy-options.js';
import { rulesInWords } from '../policy/policy-words.js';
import { explainRetention } from '../retention/explain-retention.js';
import { requestRun, settleRun, type RunOptions } from '../runs/request-run.js';
import { changePolicyOf, policyOf } from './known.js';

interface RetentionRunOptions extends RunOptions {
  readonly dryRun?: boolean;
  readonly all?: boolean;
}

/** `retention`: rules of a repository, and what they make of it. */
export function addRetentionCommands(program: Command, commands: Commands): void {
  const retention = program
    .command('retention')
    .summary('rules by which tags and manifests go')
    .description('Retention rules of repositories. Workers apply them every RETENTION_INTERVAL_SECONDS, and on request.');

  commands.on(
    retention.command('show').description('Shows the rules.').argument('<repository>'),
    async ({ registry, output }, [repository]) => {
      const { policy } = await policyOf(registry, repository!);
      output.answer(policy.retention ?? null, () => rulesInWords(policy));
    },
  );

  const set = retention.command('set').description('Replaces the rules.').argument('<repository>');
  commands.on<RetentionOptions>(withRetentionOptions(set), async ({ registry, output }, [repository], options) => {
    const rules = retentionOf(options);
    if (!rules) throw new CommandError(exitCode.usage, 'no rules given: --keep, --untagged-days, or both');
    const policy = await changePolicyOf(registry, repository!, (before) => ({ ...before, retention: rules }));
    output.answer(policy.retention, () => rulesInWords(policy));
  });

  const clear = retention.command('clear').description('Removes all rules: everything stays.').argument('<repository>');
  commands.on(clear, async ({ registry, output }, [repository]) => {
    const policy = await changePolicyOf(registry, repository!, ({ retention: _rules, ...rest }) => rest);
    output.answer(null, () => rulesInWords(policy));
  });

  const run = retention
    .command('run')
    .description('Applies the rules of a repository, or of all. A dry run says for each decision which rule made it.')
    .argument('[repository]')
    .addOption(new Option('--dry-run', 'decide here and now, and change nothing').conflicts(['detach', 'timeout']))
    .option('--all', 'with --dry-run: show what stays, too');
  commands.on<RetentionRunOptions>(withRunOptions(run), (context, [repository], options) =>
    options.dryRun ? explainRetention(context, repository, options.all ?? false) : applyRules(context, repository, options),
  );
}

async function applyRules(context: CommandContext, repository: string | undefined, options: RetentionRunOptions) {
  const { registry, settings, output } = context;
  if (options.all) throw new CommandError(exitCode.usage, '--all is for --dry-run; without a repository the rules of all are applied');
  if (repository !== undefined) {
    const { name, policy } = await policyOf(registry, repository);
    if (!policy.retention) output.remark(`${name} has no retention rules: everything stays`);
  }
  // Of two settings the more careful one counts, so that no more goes than a dry run here would say.
  const { tagHistoryDays } = settings.retention;
  const request = { options: { tagHistoryDays, ...(repository !== undefined && { repository }) } };
  return settleRun(context, await requestRun(context, 'retention', request), options);
}
