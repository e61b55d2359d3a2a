import type { Command } from 'commander';
import type { TagHistoryEntry } from '#metadata';
import { parseDigest, parseRepositoryName, parseTag, type Digest, type RepositoryName, type Tag } from '#oci';
import { wholeNumber, type Commands } from '../command.js';
import { CommandError, exitCode } from '../exit-code.js';
import { timeOf } from '../output/words.js';
import type { Registry } from '../registry.js';
import { noSuchRepository } from './known.js';

interface HistoryOptions {
  readonly limit: number;
  readonly before?: number;
}

/** `tags`: where tags pointed, and the way back. */
export function addTagsCommands(program: Command, commands: Commands): void {
  const tags = program.command('tags').summary('history of tags, and the way back').description('Where tags pointed, and the way back.');

  const history = tags
    .command('history')
    .description('Lists moves and deletions, the newest first, of one tag or of all.')
    .argument('<repository>')
    .argument('[tag]')
    .option('--limit <number>', 'at most so many', wholeNumber(1), 50)
    .option('--before <id>', 'only what came before this entry', wholeNumber(1));
  commands.on<HistoryOptions>(history, async ({ registry, output }, [repository, tag], { limit, before }) => {
    const name = parseRepositoryName(repository!);
    const entries = await registry.history.page(name, { tag: tag === undefined ? undefined : parseTag(tag), limit, before });
    if (!entries) throw noSuchRepository(name);
    output.rows(entries, columns, 'no moves');
  });

  const restore = tags
    .command('restore')
    .description('Points a tag to a digest it had: the one before, unless another of its history is given.')
    .argument('<repository>')
    .argument('<tag>')
    .argument('[digest]');
  commands.on(restore, async ({ registry, output }, [repository, text, given]) => {
    const [name, tag] = [parseRepositoryName(repository!), parseTag(text!)];
    const digest = given === undefined ? await digestBefore(registry, name, tag) : parseDigest(given);
    const { outcome } = await restoreOrThrow(registry, name, { tag, digest });
    const words = outcome === 'restored' ? 'points to' : 'pointed already to';
    output.answer({ repository: name, tag, digest, outcome }, () => `${name}:${tag} ${words} ${digest}`);
  });
}

const columns = {
  id: ({ id }: TagHistoryEntry) => id,
  time: ({ at }: TagHistoryEntry) => timeOf(at),
  tag: ({ tag }: TagHistoryEntry) => tag,
  'pointed to': ({ digest }: TagHistoryEntry) => digest ?? '(deleted)',
  stored: ({ digest, stored }: TagHistoryEntry) => (digest === null ? null : stored ? 'yes' : 'no'),
};

/** What the tag pointed to before its last move or deletion. */
async function digestBefore({ history }: Registry, name: RepositoryName, tag: Tag): Promise<Digest> {
  const page = 100;
  let now: Digest | null = null;
  for (let before: number | undefined; ;) {
    const entries = await history.page(name, { tag, before, limit: page });
    if (!entries) throw noSuchRepository(name);
    if (before === undefined) now = entries[0]?.digest ?? null;
    const found = entries.find(({ digest }) => digest !== null && digest !== now)?.digest;
    if (found) return found;
    before = entries.at(-1)?.id;
    if (entries.length < page) throw new CommandError(exitCode.notFound, `${name}:${tag} pointed nowhere before`);
  }
}

async function restoreOrThrow({ history }: Registry, name: RepositoryName, { tag, digest }: { tag: Tag; digest: Digest }) {
  const restored = await history.restore(name, tag, digest);
  if (restored.outcome === 'immutable') {
    const [{ pattern } = { pattern: '' }] = restored.tags;
    throw new CommandError(exitCode.refused, `${name}:${tag} matches ${pattern}: it can be neither moved nor deleted`);
  }
  if (restored.outcome !== 'unknown') return restored;
  throw new CommandError(
    exitCode.notFound,
    `${name}:${tag} cannot go back to ${digest}: it never pointed there, or the manifest is gone (entrepot tags history ${name} ${tag})`,
  );
}
