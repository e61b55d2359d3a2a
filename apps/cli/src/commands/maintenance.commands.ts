import { Option, type Command } from 'commander';
import { wholeNumber, withRunOptions, type Commands } from '../command.js';
import { estimateCollection } from '../runs/estimate-collection.js';
import { requestRun, settleRun, type RunOptions } from '../runs/request-run.js';

interface MaintenanceOptions extends RunOptions {
  readonly dryRun?: boolean;
  readonly minAge?: number;
  readonly mibPerSecond?: number;
}

/** `gc`, `sweep`, `scrub`: asked for here, done by workers. */
export function addMaintenanceCommands(program: Command, commands: Commands): void {
  const gc = program
    .command('gc')
    .summary('collect now what nobody uses')
    .description('Collects now what is due, and says what waits. Workers do so by themselves all the time; no grace is cut short.')
    .addOption(new Option('--dry-run', 'say here and now what would be collected').conflicts(['detach', 'timeout']));
  commands.on<MaintenanceOptions>(withRunOptions(gc), async (context, _args, options) =>
    options.dryRun ? estimateCollection(context) : settleRun(context, await requestRun(context, 'gc', {}), options),
  );

  const sweep = program
    .command('sweep')
    .summary('compare storage with the database')
    .description('Looks for objects that no row knows, and deletes them; marks blobs damaged whose object is missing or too short.')
    .option('--dry-run', 'say what is found, and change nothing')
    .option('--min-age <seconds>', 'leave younger objects alone; SWEEP_MIN_AGE_SECONDS is the least', wholeNumber(0));
  commands.on<MaintenanceOptions>(withRunOptions(sweep), async (context, _args, options) => {
    const request = { dryRun: options.dryRun, options: { ...(options.minAge !== undefined && { minAgeSeconds: options.minAge }) } };
    return settleRun(context, await requestRun(context, 'sweep', request), options);
  });

  const scrub = program
    .command('scrub')
    .summary('read and hash every stored blob again')
    .description('Hashes every stored blob. A damaged one is absent for everybody until its next push heals it (exit code 6).')
    .option('--dry-run', 'mark nothing')
    .option('--mib-per-second <number>', 'how fast to read; SCRUB_MIB_PER_SECOND unless given', wholeNumber(1));
  commands.on<MaintenanceOptions>(withRunOptions(scrub), async (context, _args, options) => {
    const { mibPerSecond, dryRun } = options;
    const request = { dryRun, options: { ...(mibPerSecond !== undefined && { mibPerSecond }) } };
    return settleRun(context, await requestRun(context, 'scrub', request), options);
  });
}
