import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { projectRoot } from '#platform';
import { Commands } from './command.js';
import { addDamagedCommand } from './commands/damaged.command.js';
import { addJobsCommands } from './commands/jobs.commands.js';
import { addMaintenanceCommands } from './commands/maintenance.commands.js';
import { addMigrateCommand } from './commands/migrate.command.js';
import { addRepoCommands } from './commands/repo.commands.js';
import { addRetentionCommands } from './commands/retention.commands.js';
import { addRunsCommands } from './commands/runs.commands.js';
import { addStatsCommand } from './commands/stats.command.js';
import { addTagRulesCommands } from './commands/tag-rules.commands.js';
import { addTagsCommands } from './commands/tags.commands.js';
import type { ExitCode } from './exit-code.js';
import type { Shell } from './shell.js';

const about = `
Works on the instance that runs on DATA_DIR (default ./data), or on the registry
whose database DATABASE_URL names. Give it the settings that the instance has.
What changes blobs and repositories is done by the workers: a command asks for
it and follows it. Ctrl-C ends the following, not the work.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused, 5 not
running or not reachable, 6 damage found, 78 wrong setting, 130 interrupted.`;

/** The whole command line; `ended` is told the code of a command that ended other than well, or not at all. */
export function programFor(shell: Shell, ended: (code: ExitCode) => void): Command {
  const program = new Command('entrepot')
    .description('Looks after an Entrepot registry.')
    .version(versionOf(), '--version')
    .option('--json', 'one JSON document on standard output; progress and remarks stay on standard error')
    .helpOption('-h, --help', 'show this')
    .helpCommand('help [command]', 'show the help of a command')
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: (text) => shell.stdout.write(text), writeErr: (text) => shell.stderr.write(text) })
    .addHelpText('after', about);
  const commands = new Commands(shell, ended);
  for (const add of [
    addStatsCommand,
    addRepoCommands,
    addTagsCommands,
    addTagRulesCommands,
    addRetentionCommands,
    addMaintenanceCommands,
    addDamagedCommand,
    addRunsCommands,
    addJobsCommands,
    addMigrateCommand,
  ])
    add(program, commands);
  return program;
}

function versionOf(): string {
  return (JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string }).version;
}
