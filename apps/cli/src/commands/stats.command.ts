import type { Command } from 'commander';
import type { Commands } from '../command.js';
import { listOf, tableOf } from '../output/table.js';
import { durationOf, sizeOf } from '../output/words.js';

/** `stats`: what there is, and what is to be done. */
export function addStatsCommand(program: Command, commands: Commands): void {
  const stats = program
    .command('stats')
    .summary('what the registry holds, and work due')
    .description('Counts what the registry holds, and the work that is due.');
  commands.on(stats, async ({ registry, output }) => {
    const [held, work, runs] = [await registry.stats.registry(), await registry.outbox.counts(), await registry.runs.unfinished()];
    const { bytes, blobs, ...counts } = held;
    output.answer({ ...held, work, runs }, () => [
      ...listOf({ ...counts, blobs: `${blobs} (${sizeOf(bytes)})`, 'unfinished runs': runs.length }),
      '',
      ...tableOf(work, {
        work: ({ kind }) => kind,
        due: ({ due }) => due,
        waiting: ({ waiting }) => waiting,
        parked: ({ parked }) => parked,
        'due for': ({ oldest }) => oldest && durationOf(Math.max(0, Date.now() - oldest.getTime())),
      }),
    ]);
  });
}
