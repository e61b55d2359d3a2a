import { createReadStream, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A table's or index's file: a number, with a segment or a fork. Others come and go while the server runs. */
const relation = /(^|\/)\d+([._][a-z0-9]+)?$/;

/** Reads every file of a cluster's tables and indexes once: what is measured is not the disk of whoever measures. */
export async function warmUp(dataDir) {
  const folder = join(dataDir, 'postgres/base');
  for (const name of readdirSync(folder, { recursive: true })) {
    const file = join(folder, name);
    if (!relation.test(name) || !statSync(file).isFile()) continue;
    for await (const _chunk of createReadStream(file, { highWaterMark: 4 * 1_048_576 }));
  }
}
