import type { JobProducer } from '#jobs';
import type { Settings } from '#platform';
import type { Output } from './output/output.js';
import type { Registry } from './registry.js';
import type { Shell } from './shell.js';

/** What a command works with; closed behind it. */
export interface CommandContext extends Pick<Shell, 'ask' | 'interrupted'> {
  readonly registry: Registry;
  /** Connects with the first job. */
  readonly jobs: JobProducer;
  readonly output: Output;
  readonly settings: Settings;
}
