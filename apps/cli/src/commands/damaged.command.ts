import type { Command } from 'commander';
import type { DamagedBlob } from '#metadata';
import { parseDigest } from '#oci';
import { wholeNumber, type Commands } from '../command.js';
import { sizeOf, timeOf } from '../output/words.js';

interface DamagedOptions {
  readonly after?: string;
  readonly limit: number;
}

/** `damaged`: what scrubs and sweeps found. */
export function addDamagedCommand(program: Command, commands: Commands): void {
  const damaged = program
    .command('damaged')
    .summary('blobs whose stored bytes are wrong or missing')
    .description(
      'Lists damaged blobs, since when they are known to be, and repositories that miss them (up to ten). Their next push heals them.',
    )
    .option('--after <digest>', 'those after this one')
    .option('--limit <number>', 'at most so many', wholeNumber(1), 100);
  commands.on<DamagedOptions>(damaged, async ({ registry, output }, _args, { after, limit }) => {
    const blobs = await registry.damage.list({ after: after === undefined ? undefined : parseDigest(after), limit });
    output.rows(blobs, columns, 'no blob is known to be damaged');
    if (blobs.length === limit) output.remark(`${await registry.damage.count()} in all; what may follow: --after ${blobs.at(-1)!.digest}`);
  });
}

const columns = {
  digest: ({ digest }: DamagedBlob) => digest,
  size: ({ size }: DamagedBlob) => sizeOf(size),
  since: ({ damagedAt }: DamagedBlob) => timeOf(damagedAt),
  repositories: ({ repositories }: DamagedBlob) => repositories.join(', '),
};
