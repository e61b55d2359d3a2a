import { Option, type Command } from 'commander';
import { outboxKinds, type OutboxEntry, type OutboxKind } from '#metadata';
import { wholeNumber, type Commands } from '../command.js';
import { CommandError, exitCode } from '../exit-code.js';
import { countOf, timeOf } from '../output/words.js';

interface ListOptions {
  readonly kind?: OutboxKind;
  readonly after?: number;
  readonly limit: number;
}

/** `jobs`: the list of work due. */
export function addJobsCommands(program: Command, commands: Commands): void {
  const jobs = program
    .command('jobs')
    .summary('work that is due, waits, or was given up')
    .description('Work of the workers: due now, waiting for its time, or parked because it failed too often.');
  const kind = () => new Option('--kind <kind>', 'only these').choices(outboxKinds);
  const lister = (name: string, description: string) =>
    jobs
      .command(name)
      .description(description)
      .addOption(kind())
      .option('--after <id>', 'those after this one', wholeNumber(0))
      .option('--limit <number>', 'at most so many', wholeNumber(1), 100);

  commands.on<ListOptions>(lister('list', 'Lists work, the oldest first.'), async ({ registry, output }, _args, { kind, after, limit }) =>
    output.rows(await registry.outbox.list({ kind, after, limit }), columns, 'nothing to do'),
  );

  const failed = lister('failed', 'Lists work that failed, with its last error: what is parked, and what will be tried again.');
  commands.on<ListOptions>(failed, async ({ registry, output }, _args, { kind, after, limit }) => {
    const rows = await registry.outbox.list({ kind, after, limit, failed: true });
    output.rows(rows, { ...columns, 'last error': ({ lastError }) => lastError?.split('\n')[0] }, 'nothing has failed');
  });

  const retry = jobs
    .command('retry')
    .description('Has work tried again at once, as if it had never failed.')
    .argument('[ids...]')
    .addOption(kind())
    .option('--all', 'everything that is parked');
  commands.on<{ kind?: OutboxKind; all?: boolean }>(retry, async ({ registry, output }, args, { kind, all }) => {
    if (args.length > 0 === (all ?? false)) throw new CommandError(exitCode.usage, 'name the rows, or say --all');
    const ids = all ? undefined : args.map(idOf);
    const retried = await registry.outbox.retry({ ids, kind });
    const missed = (ids ?? []).filter((id) => !retried.includes(id));
    output.answer({ retried, missed }, () => `${countOf(retried.length, 'row')} will be tried again`);
    if (missed.length === 0) return;
    throw new CommandError(exitCode.notFound, `not there, or in a worker's hands: ${missed.join(', ')}`);
  });
}

const columns = {
  id: ({ id }: OutboxEntry) => id,
  kind: ({ kind }: OutboxEntry) => kind,
  state: ({ parkedAt, notBefore }: OutboxEntry) => (parkedAt ? 'parked' : notBefore.getTime() > Date.now() ? 'waiting' : 'due'),
  due: ({ notBefore }: OutboxEntry) => timeOf(notBefore),
  failures: ({ attempts }: OutboxEntry) => attempts,
  key: ({ key }: OutboxEntry) => key,
};

function idOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new CommandError(exitCode.usage, `a row's id is a number, not ${JSON.stringify(text)}`);
  return Number(text);
}
