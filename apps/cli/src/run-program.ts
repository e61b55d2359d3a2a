import { CommanderError } from 'commander';
import { DatabaseUnavailableError, PatternError, PolicyError } from '#metadata';
import { RegistryError } from '#oci';
import { NotRunningError, SettingsError, StartError } from '#platform';
import { CommandError, exitCode, type ExitCode } from './exit-code.js';
import { programFor } from './program.js';
import type { Shell } from './shell.js';

/** Runs one command line and answers the exit code; what went wrong is one line on standard error. */
export async function runProgram(args: readonly string[], shell: Shell): Promise<ExitCode> {
  let code: ExitCode = exitCode.ok;
  const program = programFor(shell, (ended) => (code = ended));
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    // Commander has told it already, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    const { code: failed, line } = failureOf(error);
    // Whatever Ctrl-C broke off on its way is no failure of its own.
    if (shell.interrupted.aborted && !(error instanceof CommandError)) return exitCode.interrupted;
    shell.stderr.write(`entrepot: ${line}\n`);
    return failed;
  }
}

function failureOf(error: unknown): { code: ExitCode; line: string } {
  if (!(error instanceof Error)) return { code: exitCode.failed, line: String(error) };
  const line = error.message;
  if (error instanceof CommandError) return { code: error.code, line };
  if (error instanceof SettingsError) return { code: exitCode.settings, line };
  if (error instanceof NotRunningError) return { code: exitCode.unavailable, line };
  if (error instanceof StartError)
    return { code: error.cause instanceof DatabaseUnavailableError ? exitCode.unavailable : exitCode.failed, line };
  if (error instanceof PolicyError || error instanceof PatternError) return { code: exitCode.usage, line };
  if (error instanceof RegistryError) return { code: exitCode.usage, line: `${line} ${JSON.stringify(error.detail)}` };
  if (error instanceof DatabaseUnavailableError) return { code: exitCode.unavailable, line: `${line}: ${messageBeneath(error)}` };
  if (isUnmigrated(error)) return { code: exitCode.failed, line: `the database is of another version (${line}): entrepot migrate` };
  return { code: exitCode.failed, line: error.stack ?? line };
}

/** What really happened; a connection that was tried at several addresses has no message of its own, but a code. */
function messageBeneath(error: { cause?: unknown; message: string; code?: unknown }): string {
  const cause = error.cause as typeof error | undefined;
  return cause?.message === undefined ? error.message || String(error.code) : messageBeneath(cause);
}

/** PostgreSQL knows no such table, or no such column. */
function isUnmigrated(error: Error): boolean {
  return 'code' in error && (error.code === '42P01' || error.code === '42703');
}
