import { randomUUID } from 'node:crypto';
import type { Database } from '../database/database.js';
import { storableJson } from '../details/storable-json.js';
import type {
  ClaimedRun,
  MaintenanceFields,
  MaintenanceKind,
  MaintenanceQueue,
  MaintenanceRequest,
  MaintenanceRun,
  MaintenanceState,
} from './maintenance-run.js';
import * as sql from './maintenance-statements.js';

interface RunRow {
  readonly id: number;
  readonly kind: MaintenanceKind;
  readonly scheduled: boolean;
  readonly dry_run: boolean;
  readonly options: MaintenanceFields;
  readonly requested_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
  readonly heartbeat: Date | null;
  readonly progress: MaintenanceFields;
  readonly report: MaintenanceFields | null;
  readonly error: string | null;
}

/**
 * Runs of upkeep. Whoever wants one inserts a row; a worker claims it, keeps the claim by saying so every few seconds, and reports in the
 * row. A worker that falls silent loses its run to the next one, which goes on from the progress it finds.
 */
export class MaintenanceStore {
  private readonly silenceSeconds: number;

  /** `silenceSeconds`: how long a worker may be silent before others take its run over; default 30. */
  constructor(
    private readonly db: Database,
    { silenceSeconds = 30 }: { silenceSeconds?: number } = {},
  ) {
    this.silenceSeconds = silenceSeconds;
  }

  /** Asks for a run; answers its id, by which it can be followed. A worker picks it up within a second or so. */
  async request(kind: MaintenanceKind, { dryRun = false, options = {} }: MaintenanceRequest = {}): Promise<number> {
    const [row] = await this.db.main.query<{ id: number }>(sql.requestRun, [kind, dryRun, jsonOf(options)]);
    return row!.id;
  }

  /** Asks for the workers' own run of a kind, unless one is unfinished or was asked for within so many seconds; true where it was. */
  async schedule(kind: MaintenanceKind, everySeconds: number): Promise<boolean> {
    return (await this.db.main.query(sql.scheduleRun, [kind, everySeconds])).length > 0;
  }

  /** Forgets runs that have been over for so many days, with the orphans that they noted. */
  async purge(days: number): Promise<void> {
    await this.db.main.query(sql.purgeRuns, [days]);
  }

  async find(id: number): Promise<MaintenanceRun | null> {
    const [row] = await this.db.main.query<RunRow>(sql.findRun, [id]);
    return row ? runOf(row) : null;
  }

  /** The newest first; 50 by default. */
  async list({ kind, limit = 50 }: { kind?: MaintenanceKind; limit?: number } = {}): Promise<MaintenanceRun[]> {
    return (await this.db.main.query<RunRow>(sql.listRuns, [kind ?? null, limit])).map(runOf);
  }

  /** All that wait or are at work, the newest first. */
  async unfinished(): Promise<MaintenanceRun[]> {
    return (await this.db.main.query<RunRow>(sql.unfinishedRuns, [])).map(runOf);
  }

  /** The queues that have runs nobody works on. */
  due(): Promise<MaintenanceQueue[]> {
    return this.db.main.query<MaintenanceQueue>(sql.dueQueues, [this.silenceSeconds]);
  }

  /** Takes the oldest run that nobody works on; null where there is none. */
  async claim({ kind, scheduled }: MaintenanceQueue): Promise<ClaimedRun | null> {
    const claim = randomUUID();
    const [row] = await this.db.main.query<RunRow>(sql.claimRun, [this.silenceSeconds, kind, scheduled, claim]);
    return row ? { run: runOf(row), claim } : null;
  }

  /** Says that the claim's holder is at work, and how far; false where the run is another's by now, or cancelled: stop. */
  async beat({ run, claim }: ClaimedRun, progress?: MaintenanceFields): Promise<boolean> {
    return (await this.db.main.query(sql.beat, [run.id, claim, progress ? jsonOf(progress) : null])).length > 0;
  }

  /** Gives an unfinished run back, so that another worker may go on at once. */
  async release({ run, claim }: ClaimedRun): Promise<void> {
    await this.db.main.query(sql.releaseRun, [run.id, claim]);
  }

  /** The end of a run, with what it found or why it broke off; false where it is another's by now. */
  async finish({ run, claim }: ClaimedRun, end: { report?: MaintenanceFields; error?: string }): Promise<boolean> {
    const error = end.error?.replaceAll('\0', '').toWellFormed() ?? null;
    const values = [run.id, claim, end.report ? jsonOf(end.report) : null, error];
    return (await this.db.main.query(sql.finishRun, values)).length > 0;
  }

  /** Ends a run whoever works on it; false where it is over. Its worker notices with its next heartbeat. */
  async cancel(id: number): Promise<boolean> {
    return (await this.db.main.query(sql.cancelRun, [id])).length > 0;
  }
}

const jsonOf = (fields: MaintenanceFields): string => storableJson(fields);

function runOf(row: RunRow): MaintenanceRun {
  const { id, kind, scheduled, options, heartbeat, progress, report, error } = row;
  const times = { requestedAt: row.requested_at, startedAt: row.started_at, finishedAt: row.finished_at, heartbeat };
  return { id, kind, state: stateOf(row), scheduled, dryRun: row.dry_run, options, ...times, progress, report, error };
}

function stateOf({ started_at, finished_at, error }: RunRow): MaintenanceState {
  if (finished_at) return error === null ? 'finished' : 'failed';
  return started_at ? 'running' : 'waiting';
}
