import { Command, InvalidArgumentError, Option } from 'commander';
import { JobProducer, openJobBackend } from '#jobs';
import type { Settings } from '#platform';
import type { CommandContext } from './command-context.js';
import type { ExitCode } from './exit-code.js';
import { Output } from './output/output.js';
import { databaseOf, Registry } from './registry.js';
import type { Shell } from './shell.js';

/** What every command line may say. */
export interface GlobalOptions {
  readonly json?: boolean;
}

/** Connects commands with what they work on. */
export class Commands {
  constructor(
    private readonly shell: Shell,
    private readonly ended: (code: ExitCode) => void,
  ) {}

  /**
   * Has a command do something with the registry: `work` gets its arguments, then its options, as commander parsed them. Nothing it answers:
   * all is well.
   */
  on<Options extends object>(
    command: Command,
    work: (context: CommandContext, args: readonly string[], options: Options) => Promise<ExitCode | void>,
  ): void {
    command.action(async () => {
      const options = command.optsWithGlobals<Options & GlobalOptions>();
      const { shell } = this;
      const settings = shell.settings();
      const registry = Registry.open(settings);
      const jobs = jobsOf(settings);
      const output = new Output(shell, options.json ?? false);
      const { ask, interrupted } = shell;
      try {
        const code = await work({ registry, jobs, output, settings, ask, interrupted }, command.args, options);
        if (code !== undefined) this.ended(code);
      } finally {
        output.progress.clear();
        await Promise.all([registry.close(), jobs.close()]);
      }
    });
  }
}

/** What a job cannot tell, workers find by themselves: nothing about it is worth a word. */
function jobsOf(settings: Settings): JobProducer {
  const silent = { began: () => undefined, ended: () => undefined };
  const { database, redis } = settings;
  return new JobProducer(async () =>
    openJobBackend({ redisUrl: redis.url, databaseUrl: database.directUrl ?? databaseOf(settings) }, silent),
  );
}

/** For options that are whole numbers of at least `least`. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    if (!/^\d{1,15}$/.test(text) || Number(text) < least) throw new InvalidArgumentError(`It is a whole number from ${least} on.`);
    return Number(text);
  };
}

/** The options of commands that ask for a run. */
export function withRunOptions(command: Command): Command {
  return command
    .addOption(new Option('--detach', 'ask for it, print its number, and do not wait').conflicts('timeout'))
    .option('--timeout <seconds>', 'follow it no longer than this; it goes on (exit code 5)', wholeNumber(1));
}
