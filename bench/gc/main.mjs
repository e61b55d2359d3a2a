// npm run bench:gc [-- --blobs 100000 --live 10000 --storage s3]: images made garbage, collected while clients push and pull beside it.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { RunningRegistry } from '../../test/support/running-registry.ts';
import { Client } from '../support/client.mjs';
import { Neighbours } from '../support/neighbours.mjs';
import { FileObjects } from './file-objects.mjs';
import { inLanes } from '../in-lanes.mjs';
import { connect } from '../installation-database.mjs';
import { productProcess } from '../support/product-process.mjs';
import { makeImages } from './rows.mjs';

const number = (value) => ({ type: 'string', default: String(value) });
const { values } = parseArgs({
  options: {
    blobs: number(100_000),
    live: number(10_000),
    seconds: number(20),
    pushes: number(2),
    pulls: number(4),
    'pause-ms': number(40),
    storage: { type: 'string', default: 'filesystem' },
  },
});
const { storage, ...numbers } = values;
const options = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Number(value)]));
const say = (text) => process.stderr.write(`${text}\n`);

const objects = storage === 's3' ? await (await import('./bucket-objects.mjs')).BucketObjects.start() : new FileObjects();
const settings = { LOG_LEVEL: 'warn', BLOB_GRACE_SECONDS: '3600', BLOB_LINGER_SECONDS: '0', SCRUB_MIB_PER_SECOND: '0' };
const registry = await RunningRegistry.start({ env: { ...settings, ...objects.environment } });
objects.open(registry.dataDir);
const database = await connect(registry.dataDir);
const client = new Client(registry.url);
const neighbours = new Neighbours(client, { pushes: options.pushes, pulls: options.pulls, pauseMs: options['pause-ms'] });
try {
  say(`making ${options.live} live blobs and ${options.blobs} that become garbage`);
  await makeImages(database, 'live', options.live);
  const { keys, manifests } = await makeImages(database, 'garbage', options.blobs);
  await objects.write(keys);
  const bare = await bareRate();
  // The collector waits until all is garbage, so that its rate is its own and not that of the deletions.
  const worker = productProcess(registry.child.pid, 'worker');
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
  report({ seconds, bare, before, during, after, objectsLeft: await objects.count(keys) });
} finally {
  await neighbours.stop();
  client.close();
  await database.end();
  await registry.stop();
  await objects.close();
}

/** Objects a second that storage deletes with nobody else at work. */
async function bareRate() {
  const count = Math.min(options.blobs, 5_000);
  const keys = Array.from({ length: count }, () => randomUUID()).map((id) => `blobs/${id.slice(-2)}/${id}`);
  await objects.write(keys);
  const begun = performance.now();
  await objects.deleteBare(keys);
  return Math.round((count / (performance.now() - begun)) * 1_000);
}

async function deleteManifests(all) {
  await inLanes(all, 16, ({ name, digest }) => client.request('DELETE', `/v2/${name}/manifests/${digest}`, { expect: 202 }));
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

function report({ seconds, bare, before, during, after, objectsLeft }) {
  const blobsPerSecond = { rows: Math.round(options.blobs / seconds.rows), bytes: Math.round(options.blobs / seconds.bytes) };
  const p99Growth = Object.fromEntries(['push', 'pull'].map((kind) => [kind, Number((during[kind].p99 / before[kind].p99).toFixed(2))]));
  const { blobs, live } = options;
  const figures = {
    storage,
    blobs,
    live,
    objectsLeft,
    seconds,
    blobsPerSecond,
    bareDeletionsPerSecond: bare,
    before,
    during,
    after,
    p99Growth,
  };
  process.stdout.write(`${JSON.stringify(figures, null, 1)}\n`);
}
