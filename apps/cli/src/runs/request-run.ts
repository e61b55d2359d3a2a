import type { MaintenanceKind, MaintenanceRequest, MaintenanceRun } from '#metadata';
import type { CommandContext } from '../command-context.js';
import { CommandError, exitCode, type ExitCode } from '../exit-code.js';
import { followRun } from './follow-run.js';
import { reportOfRun, type RunTotal } from './run-words.js';

export interface RunOptions {
  /** Seconds. */
  readonly timeout?: number;
  readonly detach?: boolean;
}

/** Asks workers for a run and, unless told not to, follows it to its end. */
export async function requestRun(
  { registry, output }: CommandContext,
  kind: MaintenanceKind,
  request: MaintenanceRequest,
): Promise<number> {
  const id = await registry.runs.request(kind, request);
  output.remark(`requested run ${id} (${kind}${request.dryRun ? ', dry' : ''})`);
  return id;
}

/** Follows a run as the options say, and answers what it came to. */
export async function settleRun(context: CommandContext, id: number, options: RunOptions, total?: RunTotal): Promise<ExitCode> {
  const { registry, output, interrupted } = context;
  if (options.detach) {
    output.answer({ id }, () => `entrepot runs follow ${id}`);
    return exitCode.ok;
  }
  const run = await followRun(registry, id, { output, interrupted, seconds: options.timeout ?? Infinity, total });
  return conclude(context, run);
}

/** Answers with a run that is over; damage that it found is an exit code of its own, and what it could not do a failure. */
export function conclude({ output }: CommandContext, run: MaintenanceRun): ExitCode {
  if (run.state === 'failed') {
    if (output.json) output.answer(run, () => []);
    throw new CommandError(exitCode.failed, `run ${run.id} (${run.kind}) failed: ${run.error}`);
  }
  output.answer(run, () => reportOfRun(run));
  const failures = run.report?.failed;
  if (Array.isArray(failures) && failures.length > 0) return exitCode.failed;
  const countOf = (field: string) => Number(run.report?.[field] ?? 0);
  if (countOf('damaged') > 0) return exitCode.damage;
  // Nobody knows whether they are sound.
  return countOf('unreadable') > 0 ? exitCode.failed : exitCode.ok;
}
