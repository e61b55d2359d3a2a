import type { MaintenanceFields, MaintenanceKind, MaintenanceRun } from '#metadata';
import type { Progress } from '../output/progress-line.js';
import { countOf, sizeOf, timeOf } from '../output/words.js';

/** What there is to go through, as far as it is known: repositories for retention, bytes for a scrub. */
export type RunTotal = number | undefined;

/** Shares that a sweep lists the keys in. */
const shares = 256;

type Words = (fields: Fields) => string;

/** Fields of a progress or report, each with a default: the worker may be of another version. */
class Fields {
  constructor(private readonly fields: MaintenanceFields) {}

  number(name: string): number {
    return Number(this.fields[name] ?? 0) || 0;
  }

  size(name: string): string {
    return sizeOf(this.number(name));
  }

  count(name: string, thing: string): string {
    return countOf(this.number(name), thing);
  }

  list(name: string): readonly unknown[] {
    const value = this.fields[name];
    return Array.isArray(value) ? value : [];
  }

  object(name: string): MaintenanceFields {
    return (this.fields[name] ?? {}) as MaintenanceFields;
  }
}

const done: Record<MaintenanceKind, Words> = {
  gc: (fields) => `${fields.count('links', 'link')}, ${fields.count('blobs', 'blob')}, ${fields.size('bytes')}`,
  sweep: (fields) =>
    `${fields.count('objects', 'object')} (${fields.size('bytes')}) looked at, ${fields.count('orphans', 'orphan')} (${fields.size('orphanBytes')})` +
    ` and ${fields.count('uploads', 'forgotten upload')} found, ${fields.number('deleted')} deleted, ${fields.number('aborted')} aborted`,
  scrub: (fields) =>
    `${fields.count('blobs', 'blob')} (${fields.size('bytes')}) hashed, ${fields.number('damaged')} damaged, ${fields.number('recovered')} sound again,` +
    ` ${fields.number('unreadable')} unreadable`,
  retention: (fields) =>
    `${fields.count('repositories', 'repository')}, ${fields.count('tags', 'tag')} and ${fields.count('manifests', 'manifest')}, ${fields.number('left')} left alone`,
  removal: (fields) =>
    `${fields.count('repositories', 'repository')}: ${fields.count('tags', 'tag')}, ${fields.count('manifests', 'manifest')}, ${fields.count('links', 'link')} to blobs`,
};

/** How far a run is. */
export function progressOfRun({ kind, progress }: Pick<MaintenanceRun, 'kind' | 'progress'>, total: RunTotal): Progress {
  const fields = new Fields(progress);
  const inside = kind === 'retention' ? insideOf(fields.object('current')) : undefined;
  const text = `${kind}: ${done[kind](fields)}${inside?.text ?? ''}`;
  const reached = { gc: undefined, removal: undefined, sweep: 'shares', scrub: 'bytes', retention: 'repositories' }[kind];
  const whole = kind === 'sweep' ? shares : total;
  return reached === undefined || !whole ? { text } : { part: (fields.number(reached) + (inside?.part ?? 0)) / whole, text };
}

/** Where retention is within the repository it is at. */
function insideOf({ repository, done, of }: MaintenanceFields): Progress | undefined {
  if (typeof repository !== 'string' || typeof done !== 'number' || typeof of !== 'number' || of === 0) return undefined;
  return { part: done / of, text: `; ${repository}: ${done} of ${of}` };
}

/** What came of a run, for people. */
export function reportOfRun({ kind, report, dryRun }: Pick<MaintenanceRun, 'kind' | 'report' | 'dryRun'>): string[] {
  const fields = new Fields(report ?? {});
  // Each run clears away all that was removed by then.
  if (kind === 'removal' && fields.number('repositories') === 0) return ['removal: an earlier run has cleared everything away'];
  return [`${kind}${dryRun ? ' (dry run: nothing was changed)' : ''}: ${done[kind](fields)}`, ...detailsOf(kind, fields)];
}

function detailsOf(kind: MaintenanceKind, fields: Fields): string[] {
  if (kind === 'gc') return pendingLines(new Fields(fields.object('pending')), fields.object('pending'));
  if (kind === 'retention') return removedLines(fields);
  const damaged = fields.list('damagedDigests').map((digest) => `damaged: ${String(digest)}`);
  const orphans = fields.list('examples').map((orphan) => {
    const { key, upload, size } = orphan as { key: string; upload: string; size: number };
    return upload ? `forgotten upload: ${key} (${upload})` : `orphan: ${key} (${sizeOf(size)})`;
  });
  return [...damaged, ...orphans];
}

function pendingLines(pending: Fields, { nextReviewAt, nextObjectAt }: MaintenanceFields): string[] {
  const next = (time: unknown) => (typeof time === 'string' || time instanceof Date ? `, the next until ${timeOf(time)}` : '');
  return [
    `waiting for their grace: ${pending.count('reviews', 'review')}${next(nextReviewAt)}`,
    `waiting for their linger: ${pending.count('objects', 'object')}${next(nextObjectAt)}`,
  ];
}

function removedLines(fields: Fields): string[] {
  const removed = fields.list('removed') as { repository: string; tag?: string; digest: string; rule: string; reason: string }[];
  const failed = fields.list('failed') as { repository: string; error: string }[];
  return [
    ...removed.map(({ repository, tag, digest, rule, reason }) => `${repository}${tag ? `:${tag}` : `@${digest}`}  ${rule}: ${reason}`),
    ...failed.map(({ repository, error }) => `${repository} failed: ${error}`),
  ];
}
