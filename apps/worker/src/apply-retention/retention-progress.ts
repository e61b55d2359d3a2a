import type { AppliedRetention, MaintenanceFields, ManifestDecision, TagDecision } from '#metadata';
import type { RepositoryName } from '#oci';

type Removed = (TagDecision | ManifestDecision) & { readonly repository: RepositoryName };

/** How far a run is, and what it has done. */
export interface RetentionProgress {
  /** How long a manifest is kept after a tag left it. */
  readonly tagHistoryDays: number;
  /** The last repository that is done; '': none yet. */
  readonly after: string;
  readonly repositories: number;
  readonly tags: number;
  readonly manifests: number;
  /** Decided to go, but something had come to them; for the next run. */
  readonly left: number;
  /** The first of what went, with the rules that said so. */
  readonly removed: readonly Removed[];
  readonly failed: readonly { readonly repository: RepositoryName; readonly error: string }[];
}

const examples = 500;
const beginning: RetentionProgress = {
  tagHistoryDays: 0,
  after: '',
  repositories: 0,
  tags: 0,
  manifests: 0,
  left: 0,
  removed: [],
  failed: [],
};

/** The progress of a run, whoever worked on it before; where within a repository that was is no longer so. */
export function progressOf({ current: _current, ...fields }: MaintenanceFields): RetentionProgress {
  return { ...beginning, ...fields };
}

/** The same with one more repository. */
export function withApplied(before: RetentionProgress, repository: RepositoryName, applied: AppliedRetention): RetentionProgress {
  const room = Math.max(examples - before.removed.length, 0);
  const removed = [...applied.tags.slice(0, room), ...applied.manifests.slice(0, room)].slice(0, room);
  return {
    ...before,
    after: repository,
    repositories: before.repositories + 1,
    tags: before.tags + applied.tags.length,
    manifests: before.manifests + applied.manifests.length,
    left: before.left + applied.left,
    removed: [...before.removed, ...removed.map((decision) => ({ repository, ...decision }))],
  };
}

/** The same with one more that has rules nobody can apply. */
export function withFailure(before: RetentionProgress, repository: RepositoryName, error: string): RetentionProgress {
  return { ...before, after: repository, failed: [...before.failed, { repository, error }].slice(0, examples) };
}
