// npm run bench:gc [-- --blobs 100000 --live 10000]: images made garbage, collected while clients push and pull beside it.
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { RunningRegistry } from '../../test/support/running-registry.ts';
import { Client } from './client.mjs';
import { Neighbours } from './neighbours.mjs';
import { countObjects, writeObjects } from './objects.mjs';
import { connect, makeImages } from './rows.mjs';
import { workerOf } from './worker-process.mjs';

const number = (value) => ({ type: 'string', default: String(value) });
const { values } = parseArgs({
  options: {
    blobs: number(100_000),
    live: number(10_000),
    seconds: number(20),
    pushes: number(2),
    pulls: number(4),
    'pause-ms': number(40),
  },
});
const options = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]));
const say = (text) => process.stderr.write(`${text}\n`);

const registry = await RunningRegistry.start({
  env: { LOG_LEVEL: 'warn', BLOB_GRACE_SECONDS: '3600', BLOB_LINGER_SECONDS: '0', SCRUB_MIB_PER_SECOND: '0' },
});
const storage = join(registry.dataDir, 'storage');
const database = await connect(registry.dataDir);
const client = new Client(registry.url);
const neighbours = new Neighbours(client, { pushes: options.pushes, pulls: options.pulls, pauseMs: options['pause-ms'] });
try {
  say(`making ${options.live} live blobs and ${options.blobs} that become garbage`);
  await makeImages(database, 'live', options.live);
  const { keys, manifests } = await makeImages(database, 'garbage', options.blobs);
  await writeObjects(storage, keys);
  // The collector waits until all is garbage, so that its rate is its own and not that of the deletions.
  const worker = workerOf(registry.child.pid);
  process.kill(worker, 'SIGSTOP');
  say(`deleting ${manifests.length} manifests`);
  await deleteManifests(manifests);
  await neighbours.start();
  await pause(3_000);
  neighbours.take();
  say(`pushing and pulling for ${options.seconds} s`);
  await pause(options.seconds * 1_000);
  const before = neighbours.take();
  say('collecting');
  process.kill(worker, 'SIGCONT');
  const seconds = await untilCollected();
  const during = neighbours.take();
  await pause(options.seconds * 1_000);
  const after = neighbours.take();
  await neighbours.stop();
  report({ seconds, before, during, after, objectsLeft: await countObjects(storage, keys) });
} finally {
  await neighbours.stop();
  client.close();
  await database.end();
  await registry.stop();
}

async function deleteManifests(all) {
  const queue = all.values();
  const lane = async () => {
    for (const { name, digest } of queue) await client.request('DELETE', `/v2/${name}/manifests/${digest}`, { expect: 202 });
  };
  await Promise.all(Array.from({ length: 16 }, lane));
}

/** Seconds until the rows were gone, and until the bytes were. */
async function untilCollected() {
  const begun = performance.now();
  const elapsed = () => Number(((performance.now() - begun) / 1_000).toFixed(2));
  let rows;
  for (;;) {
    const { rows: counts } = await database.query(`select exists (select from reviews where not_before <= now()) as reviews,
      exists (select from outbox where kind = 'delete-object') as objects`);
    const { reviews, objects } = counts[0];
    if (!reviews) rows ??= elapsed();
    if (!reviews && !objects) return { rows, bytes: elapsed() };
    await pause(50);
  }
}

function report({ seconds, before, during, after, objectsLeft }) {
  const rate = { rows: Math.round(options.blobs / seconds.rows), bytes: Math.round(options.blobs / seconds.bytes) };
  const growth = Object.fromEntries(['push', 'pull'].map((kind) => [kind, Number((during[kind].p99 / before[kind].p99).toFixed(2))]));
  process.stdout.write(
    `${JSON.stringify({ blobs: options.blobs, live: options.live, objectsLeft, seconds, blobsPerSecond: rate, before, during, after, p99Growth: growth }, null, 1)}\n`,
  );
}
