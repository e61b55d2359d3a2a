import { setTimeout as pause } from 'node:timers/promises';
import { DatabaseUnavailableError, type MaintenanceKind, type MaintenanceRun } from '#metadata';
import { CommandError, exitCode } from '../exit-code.js';
import type { Output } from '../output/output.js';
import type { Registry } from '../registry.js';
import { progressOfRun, type RunTotal } from './run-words.js';
import { totalOfRun } from './total-of-run.js';

export interface FollowOptions {
  readonly output: Output;
  /** Ends the following, not the run. */
  readonly interrupted: AbortSignal;
  /** After this many seconds too; Infinity: never. */
  readonly seconds: number;
  /** How long nobody may pick it up before that is remarked on. */
  readonly patienceMs?: number;
}

const everyMs = 250;
const defaultPatienceMs = 5_000;
/** A worker that is silent for longer has lost its run. */
const silenceMs = 30_000;
/** PostgreSQL may be started again while we look. */
const outageMs = 30_000;

/** Looks at a run until it is over, and answers it then. Throws CommandError: `notFound`, `interrupted`, or `unavailable` when its time is up. */
export async function followRun(registry: Registry, id: number, options: FollowOptions): Promise<MaintenanceRun> {
  const { output, interrupted, seconds, patienceMs = defaultPatienceMs } = options;
  const begun = performance.now();
  const remarks = new Remarks(output);
  let heardAt = begun;
  let kind: MaintenanceKind | undefined;
  const total = output.progress.visible ? new Total(registry) : undefined;
  for (;;) {
    const run = await find(registry, id, heardAt);
    if (run) {
      heardAt = performance.now();
      kind = run.kind;
      if (run.finishedAt) return run;
      remarks.on(run, performance.now() - begun > patienceMs);
      output.progress.show(run.state === 'waiting' ? { text: `${run.kind}: waiting for a worker` } : progressOfRun(run, total?.of(run)));
    }
    const late = performance.now() - begun > seconds * 1_000;
    if (interrupted.aborted || late) throw leave(id, kind, late);
    await pause(everyMs, undefined, { signal: interrupted }).catch(() => undefined);
  }
}

async function find(registry: Registry, id: number, heardAt: number): Promise<MaintenanceRun | null> {
  try {
    const run = await registry.runs.find(id);
    if (!run) throw new CommandError(exitCode.notFound, `there is no run ${id}`);
    return run;
  } catch (error) {
    if (error instanceof DatabaseUnavailableError && performance.now() - heardAt < outageMs) return null;
    throw error;
  }
}

function leave(id: number, kind: MaintenanceKind | undefined, late: boolean): CommandError {
  const how = `entrepot runs follow ${id}`;
  const end = kind === 'removal' ? '' : ` (to end it: entrepot runs cancel ${id})`;
  return late
    ? new CommandError(exitCode.unavailable, `the run is not over yet; it goes on by itself: ${how}`)
    : new CommandError(exitCode.interrupted, `no longer followed; the run goes on: ${how}${end}`);
}

/** Finds out once, while the run is followed without it: counting takes its time. */
class Total {
  private asked = false;
  private found: RunTotal;

  constructor(private readonly registry: Registry) {}

  of(run: MaintenanceRun): RunTotal {
    if (!this.asked)
      void totalOfRun(this.registry, run)
        .then((found) => (this.found = found))
        .catch(() => undefined);
    this.asked = true;
    return this.found;
  }
}

/** Says each thing once. */
class Remarks {
  private readonly said = new Set<string>();

  constructor(private readonly output: Output) {}

  on({ id, kind, state, dryRun, heartbeat }: MaintenanceRun, impatient: boolean): void {
    const why = dryRun ? ' (a dry run reads storage, too, which is for workers)' : '';
    if (state === 'waiting' && impatient)
      this.say(`no worker has picked up run ${id} yet: either none is running, or it is busy with an earlier ${kind}; still waiting${why}`);
    // By two clocks: a difference between them of less than the silence itself does no harm.
    if (state === 'running' && heartbeat && Date.now() - heartbeat.getTime() > 2 * silenceMs)
      this.say('the worker of this run has been silent for a while; another one goes on with it');
  }

  private say(text: string): void {
    if (this.said.has(text)) return;
    this.said.add(text);
    this.output.remark(text);
  }
}
