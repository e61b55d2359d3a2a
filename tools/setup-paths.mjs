import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** For what can be made again; on the same disk as the rest, so that things can be renamed into place. */
export const cache = join(root, '.cache');

/** The checkout cannot be made ready; the message is one line for people. */
export class SetupError extends Error {}
