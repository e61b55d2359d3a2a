import { join } from 'node:path';

/** Options of node that run a TypeScript file of this repository. */
export const sourceOptions: readonly string[] = [
  '--conditions=source',
  '--experimental-transform-types',
  '--disable-warning=ExperimentalWarning',
  `--import=${join(import.meta.dirname, 'from-source.mjs')}`,
];
