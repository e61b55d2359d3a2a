import type { Command } from 'commander';
import type { Commands } from '../command.js';
import { immutableInWords } from '../policy/policy-words.js';
import { changePolicyOf, policyOf } from './known.js';

/** `tag-rules`: which tags stay as they are. */
export function addTagRulesCommands(program: Command, commands: Commands): void {
  const rules = program
    .command('tag-rules')
    .summary('tags that can be neither moved nor deleted')
    .description('Patterns of immutable tags: such a tag can be made, and pushed again as it is; anything else is 403 DENIED.')
    .addHelpText(
      'after',
      '\nA pattern is a glob (v*, release-[0-9]*, {main,latest}) or a regular expression\nof RE2 between slashes (/v\\d+\\.\\d+/). It stands for the whole tag.',
    );

  commands.on(
    rules.command('show').description('Shows the patterns.').argument('<repository>'),
    async ({ registry, output }, [repository]) => {
      const { policy } = await policyOf(registry, repository!);
      output.answer(policy.immutableTags ?? [], () => immutableInWords(policy));
    },
  );

  const set = rules.command('set').description('Replaces the patterns.').argument('<repository>').argument('<patterns...>');
  commands.on(set, async ({ registry, output }, [repository, ...patterns]) => {
    const policy = await changePolicyOf(registry, repository!, (before) => ({ ...before, immutableTags: patterns }));
    output.answer(policy.immutableTags ?? [], () => immutableInWords(policy));
  });

  const clear = rules.command('clear').description('Removes all patterns.').argument('<repository>');
  commands.on(clear, async ({ registry, output }, [repository]) => {
    const policy = await changePolicyOf(registry, repository!, (before) => ({ ...before, immutableTags: [] }));
    output.answer([], () => immutableInWords(policy));
  });
}
