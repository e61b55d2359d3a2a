import { Option, type Command } from 'commander';
import { maintenanceKinds, type MaintenanceKind, type MaintenanceRun } from '#metadata';
import { wholeNumber, type Commands } from '../command.js';
import type { CommandContext } from '../command-context.js';
import { CommandError, exitCode } from '../exit-code.js';
import { listOf } from '../output/table.js';
import { durationOf, timeOf } from '../output/words.js';
import { followRun } from '../runs/follow-run.js';
import { conclude } from '../runs/request-run.js';
import { progressOfRun, reportOfRun } from '../runs/run-words.js';

/** `runs`: what was asked of workers, and what came of it. */
export function addRunsCommands(program: Command, commands: Commands): void {
  const runs = program
    .command('runs')
    .summary('look at runs of gc, sweep, scrub, retention, removal')
    .description('Runs of upkeep, also those that workers asked for themselves.');

  const list = runs
    .command('list')
    .description('Lists runs, the newest first.')
    .addOption(new Option('--kind <kind>', 'only these').choices(maintenanceKinds))
    .option('--limit <number>', 'at most so many', wholeNumber(1), 20);
  commands.on<{ kind?: MaintenanceKind; limit: number }>(list, async ({ registry, output }, _args, { kind, limit }) =>
    output.rows(await registry.runs.list({ kind, limit }), columns, 'no runs'),
  );

  commands.on(runs.command('show').description('Shows a run.').argument('<id>'), async (context, [id]) => {
    const run = await runOf(context, id!);
    context.output.answer(run, () => [...listOf(summaryOf(run)), ...(run.report ? reportOfRun(run) : [])]);
  });

  const follow = runs
    .command('follow')
    .description('Follows a run to its end, and ends as it did.')
    .argument('<id>')
    .option('--timeout <seconds>', 'no longer than this (exit code 5)', wholeNumber(1));
  commands.on<{ timeout?: number }>(follow, async (context, [id], { timeout }) => {
    const { registry, output, interrupted } = context;
    const options = { output, interrupted, seconds: timeout ?? Infinity };
    return conclude(context, await followRun(registry, idOf(id!), options));
  });

  commands.on(
    runs.command('cancel').description('Ends a run, whoever works on it; not one that clears up after repo rm.').argument('<id>'),
    async (context, [id]) => {
      const { registry, output } = context;
      const run = await runOf(context, id!);
      // Nobody sees the repository any more, and workers would take it up again.
      if (run.kind === 'removal' && run.finishedAt === null)
        throw new CommandError(exitCode.refused, `run ${run.id} clears away what was removed already: it cannot be cancelled`);
      if (!(await registry.runs.cancel(run.id))) throw new CommandError(exitCode.refused, `run ${run.id} is over already`);
      output.answer({ id: run.id, cancelled: true }, () => `run ${run.id} is cancelled`);
    },
  );
}

const columns = {
  id: ({ id }: MaintenanceRun) => id,
  kind: ({ kind, dryRun }: MaintenanceRun) => `${kind}${dryRun ? ' (dry)' : ''}`,
  state: ({ state }: MaintenanceRun) => state,
  by: ({ scheduled }: MaintenanceRun) => (scheduled ? 'workers' : 'request'),
  requested: ({ requestedAt }: MaintenanceRun) => timeOf(requestedAt),
  took: ({ startedAt, finishedAt }: MaintenanceRun) => startedAt && finishedAt && durationOf(finishedAt.getTime() - startedAt.getTime()),
};

function summaryOf(run: MaintenanceRun) {
  const { id, kind, state, dryRun, options, requestedAt, startedAt, finishedAt, error } = run;
  const times = { requested: timeOf(requestedAt), started: timeOf(startedAt), finished: timeOf(finishedAt) };
  const progress = state === 'running' ? progressOfRun(run, undefined).text : undefined;
  return {
    id,
    kind,
    state,
    'dry run': dryRun ? 'yes' : 'no',
    options: JSON.stringify(options),
    ...times,
    progress,
    error: error ?? undefined,
  };
}

function idOf(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new CommandError(exitCode.usage, `a run's id is a number, not ${JSON.stringify(text)}`);
  return Number(text);
}

async function runOf({ registry }: CommandContext, id: string): Promise<MaintenanceRun> {
  const run = await registry.runs.find(idOf(id));
  if (!run) throw new CommandError(exitCode.notFound, `there is no run ${id}`);
  return run;
}
