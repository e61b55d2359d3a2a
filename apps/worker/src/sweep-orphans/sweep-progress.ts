import type { MaintenanceFields } from '#metadata';

/** How far a sweep is, and what it found so far; all sizes in bytes. */
export interface SweepProgress {
  readonly phase: 'listing' | 'uploads' | 'deleting';
  /** Shares of the keys that are listed already, of 256. */
  readonly shares: number;
  /** Everything in storage. */
  readonly objects: number;
  readonly bytes: number;
  /** Objects without a row, old enough to be sure. */
  readonly orphans: number;
  readonly orphanBytes: number;
  /** Multipart uploads without a row. */
  readonly uploads: number;
  /** Blobs whose object is missing, or shorter than it should be. */
  readonly damaged: number;
  readonly damagedDigests: readonly string[];
  /** Where the deletion stands. */
  readonly after: { readonly key: string; readonly upload: string } | null;
  readonly deleted: number;
  readonly deletedBytes: number;
  readonly aborted: number;
}

const beginning: SweepProgress = {
  phase: 'listing',
  shares: 0,
  objects: 0,
  bytes: 0,
  orphans: 0,
  orphanBytes: 0,
  uploads: 0,
  damaged: 0,
  damagedDigests: [],
  after: null,
  deleted: 0,
  deletedBytes: 0,
  aborted: 0,
};

/** The progress of a run, whoever worked on it before. */
export function progressOf(fields: MaintenanceFields): SweepProgress {
  return { ...beginning, ...fields };
}
