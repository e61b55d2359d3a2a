import { upkeepJobs } from '#jobs';
import type { MaintenanceKind, MaintenanceRequest, MaintenanceRun } from '#metadata';
import type { CommandContext } from '../command-context.js';
import { CommandError, exitCode, type ExitCode } from '../exit-code.js';
import { followRun } from './follow-run.js';
import { reportOfRun } from './run-words.js';

export interface RunOptions {
  /** Seconds. */
  readonly timeout?: number;
  readonly detach?: boolean;
}

/** A run that was asked for. */
export interface RequestedRun {
  readonly id: number;
  readonly kind: MaintenanceKind;
}

/** Asks workers for a run. */
export async function requestRun(
  { registry, output }: CommandContext,
  kind: MaintenanceKind,
  request: MaintenanceRequest,
): Promise<RequestedRun> {
  const id = await registry.runs.request(kind, request);
  output.remark(`requested run ${id} (${kind}${request.dryRun ? ', dry' : ''})`);
  return { id, kind };
}

/** Follows a run as the options say, and answers what it came to. */
export async function settleRun(context: CommandContext, { id, kind }: RequestedRun, options: RunOptions): Promise<ExitCode> {
  const { registry, jobs, output, interrupted } = context;
  if (options.detach) {
    output.answer({ id }, () => `entrepot runs follow ${id}`);
    return exitCode.ok;
  }
  // Whoever watches need not wait for the workers' next look; a queue that is away holds nobody up.
  void jobs.lookNow(upkeepJobs[kind], {});
  const run = await followRun(registry, id, { output, interrupted, seconds: options.timeout ?? Infinity });
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
