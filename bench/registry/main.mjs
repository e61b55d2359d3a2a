// npm run bench: Entrepot beside docker-registry and nginx on this machine, row by row, against the goals.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare } from './comparison.mjs';
import { describeMachine } from './machine.mjs';
import { readOptions } from './options.mjs';
import { Patience } from './patience.mjs';
import { Results } from './results.mjs';
import { rowsOf } from './rows.mjs';
import { DockerRegistry } from './servers/docker-registry.mjs';
import { Entrepot } from './servers/entrepot.mjs';
import { Nginx } from './servers/nginx.mjs';
import { measureStartUp } from './start-up.mjs';
import { FolderStorage } from './storage-folder.mjs';
import { summarise } from './summary.mjs';

const options = readOptions(process.argv.slice(2));
const { storage: kind, quick, only, rounds, out } = options;
const rows = rowsOf({ storage: kind, quick, only });
const startUpWanted = kind === 'filesystem' && (only.length === 0 || only.includes('start-up'));
const unknown = only.filter((name) => name !== 'start-up' && !rows.some((row) => row.name === name));
if (unknown.length > 0) throw new Error(`no row ${unknown.join(', ')}`);
const say = (text) => process.stderr.write(`${text}\n`);

const folder = mkdtempSync(join(tmpdir(), 'entrepot-bench-'));
chmodSync(folder, 0o755);
const storage = kind === 's3' ? await (await import('./storage-bucket.mjs')).BucketStorage.start(folder) : new FolderStorage();
const servers = [];
const patience = new Patience(quick ? 20 : 120);
let stopping;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop().then(() => process.exit(1)));
const results = new Results(out, { ...describeMachine(kind), storage: kind, rounds, quick });
try {
  servers.push(await Entrepot.start(folder, storage));
  servers.push(await DockerRegistry.start(folder, storage));
  if (kind === 'filesystem') servers.push(await Nginx.start(folder));
  for (const row of rows) await measureRow(row);
  if (startUpWanted) results.startUp = await measureStartUp(servers[0], { rounds: quick ? 3 : 5, patience });
  results.write();
} finally {
  await stop();
}
process.stdout.write(results.report);
if (results.failed) process.exitCode = 1;

async function measureRow(row) {
  const begun = performance.now();
  const measured = await compare(row, servers, { rounds, patience });
  const summary = summarise(row, measured);
  results.add(summary, measured);
  say(`${row.name}: ${inShort(summary)} (${Math.round((performance.now() - begun) / 1_000)} s)`);
}

function stop() {
  const all = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await storage.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return (stopping ??= all());
}

function inShort({ failure, ratios, medians, missed }) {
  if (failure) return `failed: ${failure}`;
  const ratio = ratios.Entrepot ? `${ratios.Entrepot.rate.toFixed(2)} ×` : `${medians.Entrepot.peakMemory.toFixed(0)} MB`;
  return `${ratio}${missed.length === 0 ? '' : `, misses ${missed.join(', ')}`}`;
}
