import { availableParallelism } from 'node:os';

/** What the number of api processes is chosen by. */
export interface Machine {
  /** As many threads as this process may run at once. */
  readonly cores: number;
  readonly platform: NodeJS.Platform;
  /** PostgreSQL runs beside them. */
  readonly embeddedDatabase: boolean;
}

/** Each has its connections to PostgreSQL and its memory: more of them is for somebody to decide who has measured it. */
const most = 16;

/**
 * How many api processes `auto` means: one per core, and where PostgreSQL runs beside them, a quarter of the cores, and one at least, is left to
 * it and the worker. One where a port cannot be shared.
 */
export function automaticProcesses({ cores, platform, embeddedDatabase }: Machine): number {
  if (platform !== 'linux') return 1;
  const left = embeddedDatabase ? Math.max(1, Math.floor(cores / 4)) : 0;
  return Math.min(most, Math.max(1, cores - left));
}

/** The machine we are on. */
export function thisMachine(embeddedDatabase: boolean): Machine {
  return { cores: availableParallelism(), platform: process.platform, embeddedDatabase };
}
