import type { Digest } from '#oci';
import type { MaintenanceFields } from '#metadata';

/** How far a scrub is, and what it found so far. */
export interface ScrubProgress {
  /** The last blob looked at; null: none yet. */
  readonly after: Digest | null;
  readonly blobs: number;
  readonly bytes: number;
  /** Blobs whose bytes are wrong, short or missing, known before or not. */
  readonly damaged: number;
  readonly damagedDigests: readonly Digest[];
  /** Blobs that were damaged and are not. */
  readonly recovered: number;
  /** Blobs that storage failed to give: nothing is concluded from that. */
  readonly unreadable: number;
}

const beginning: ScrubProgress = { after: null, blobs: 0, bytes: 0, damaged: 0, damagedDigests: [], recovered: 0, unreadable: 0 };

/** The progress of a pass, whoever worked on it before. */
export function progressOf(fields: MaintenanceFields): ScrubProgress {
  return { ...beginning, ...fields };
}
