import type { MaintenanceRun } from '#metadata';
import { namesToRetain } from '../retention/explain-retention.js';
import type { Registry } from '../registry.js';
import type { RunTotal } from './run-words.js';

/** What a run has to go through in all; undefined where that is not known before, or found out by the run itself. */
export async function totalOfRun(registry: Registry, { kind, options }: Pick<MaintenanceRun, 'kind' | 'options'>): Promise<RunTotal> {
  if (kind === 'scrub') return (await registry.stats.registry()).bytes;
  if (kind !== 'retention') return undefined;
  return options.repository === undefined ? (await namesToRetain(registry)).length : 1;
}
