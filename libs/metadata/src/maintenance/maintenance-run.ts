/** `gc` collects now and reports, `sweep` looks for objects without rows and rows without objects, `scrub` hashes every blob again,
 * `retention` applies the rules of repositories, `removal` clears away what removed repositories had. */
export const maintenanceKinds = ['gc', 'sweep', 'scrub', 'retention', 'removal'] as const;
export type MaintenanceKind = (typeof maintenanceKinds)[number];

/** What survives JSON, by name: the options, progress and report of a run, each kind with fields of its own. */
export type MaintenanceFields = Readonly<Record<string, unknown>>;

/** Where a run stands: nobody has it yet, a worker has it (or had, and another will), it is over, it broke off. */
export type MaintenanceState = 'waiting' | 'running' | 'finished' | 'failed';

/** A run of upkeep. It goes on where it was when its worker is gone: `progress` says where. */
export interface MaintenanceRun {
  readonly id: number;
  readonly kind: MaintenanceKind;
  readonly state: MaintenanceState;
  /** Asked for by the workers themselves. */
  readonly scheduled: boolean;
  /** Says what it would do, and does none of it. */
  readonly dryRun: boolean;
  readonly options: MaintenanceFields;
  readonly requestedAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  /** When its worker last said that it is at work. */
  readonly heartbeat: Date | null;
  readonly progress: MaintenanceFields;
  readonly report: MaintenanceFields | null;
  readonly error: string | null;
}

/** What a request may say besides the kind; fields the kind does not know are ignored. */
export interface MaintenanceRequest {
  readonly dryRun?: boolean;
  readonly options?: MaintenanceFields;
}

/** A run in somebody's hands; `claim` proves it. */
export interface ClaimedRun {
  readonly run: MaintenanceRun;
  readonly claim: string;
}

/** A queue of runs: requested and scheduled ones of a kind don't wait for each other. */
export interface MaintenanceQueue {
  readonly kind: MaintenanceKind;
  readonly scheduled: boolean;
}
