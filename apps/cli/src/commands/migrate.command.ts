import type { Command } from 'commander';
import { migrateDatabase } from '#metadata';
import { directDatabaseUrlOf } from '#platform';
import type { Commands } from '../command.js';
import { databaseOf } from '../registry.js';

/** `migrate`: once per version, before its processes start. */
export function addMigrateCommand(program: Command, commands: Commands): void {
  const migrate = program
    .command('migrate')
    .summary('bring the database up to this version')
    .description('Brings the database up to this version; without effect where it is. npm start does it by itself.');
  commands.on(migrate, async ({ settings, output }) => {
    const url = directDatabaseUrlOf(settings, databaseOf(settings));
    const applied = await migrateDatabase(url, (message) => output.remark(message));
    output.answer({ applied }, () => 'the database is up to date');
  });
}
