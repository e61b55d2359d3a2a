import type { Command } from 'commander';
import type { OutboxCount, ReviewCount } from '#metadata';
import type { Commands } from '../command.js';
import { listOf, tableOf } from '../output/table.js';
import { durationOf, sizeOf } from '../output/words.js';

/** `stats`: what there is, and what is to be done. */
export function addStatsCommand(program: Command, commands: Commands): void {
  const stats = program
    .command('stats')
    .summary('what the registry holds, and work due')
    .description('Counts what the registry holds, and the work that is due, will be tried again, or was given up.');
  commands.on(stats, async ({ registry, output }) => {
    const [held, work] = [await registry.stats.registry(), await registry.outbox.counts()];
    const [reviews, runs] = [await registry.collection.counts(), await registry.runs.unfinished()];
    const { bytes, blobs, ...counts } = held;
    output.answer({ ...held, work, reviews, runs }, () => [
      ...listOf({ ...counts, blobs: `${blobs} (${sizeOf(bytes)})`, 'unfinished runs': runs.length }),
      '',
      ...tableOf([...work, ...reviews.map(asWork)], {
        work: ({ kind }) => kind,
        due: ({ due }) => due,
        waiting: ({ waiting }) => waiting,
        failed: ({ failed }) => failed,
        parked: ({ parked }) => parked,
        'due for': ({ oldest }) => ageOf(oldest),
        'parked for': ({ oldestParked }) => ageOf(oldestParked),
      }),
    ]);
  });
}

type WorkRow = Omit<OutboxCount, 'kind'> & { readonly kind: string };

/** What the collector has to look at: it neither fails nor is it given up. */
function asWork({ kind, ...count }: ReviewCount): WorkRow {
  return { ...count, kind: `${kind} reviews`, failed: 0, parked: 0, oldestParked: null };
}

function ageOf(since: Date | null): string | null {
  return since && durationOf(Math.max(0, Date.now() - since.getTime()));
}
