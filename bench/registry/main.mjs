// npm run bench: Entrepot beside docker-registry and nginx on this machine, row by row, against the goals.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compare } from './comparison.mjs';
import { describeMachine } from './machine.mjs';
import { readOptions } from './options.mjs';
import { reportOf } from './report.mjs';
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
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

const storage = kind === 's3' ? await (await import('./storage-bucket.mjs')).BucketStorage.start(folder) : new FolderStorage();
const servers = [];
const machine = { ...describeMachine(kind), storage: kind, rounds, quick };
const result = { machine, rows: [], measured: {} };
try {
  servers.push(await Entrepot.start(folder, storage), await DockerRegistry.start(folder, storage));
  if (kind === 'filesystem') servers.push(await Nginx.start(folder));
  for (const row of rows) {
    const begun = performance.now();
    result.measured[row.name] = await compare(row, servers, rounds);
    const summary = summarise(row, result.measured[row.name]);
    result.rows.push(summary);
    say(`${row.name}: ${inShort(summary)} (${Math.round((performance.now() - begun) / 1_000)} s)`);
    write();
  }
  if (startUpWanted) result.startUp = await measureStartUp(servers[0], quick ? 3 : 5);
  write();
} finally {
  await Promise.all(servers.map((server) => server.stop()));
  await storage.stop();
}
process.stdout.write(reportOf(result));
if (result.rows.some(({ failure }) => failure)) process.exitCode = 1;

/** After each row: what was measured stays, however the run ends. */
function write() {
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, `${kind}.json`), `${JSON.stringify(result, null, 1)}\n`);
  writeFileSync(join(out, `${kind}.md`), reportOf(result));
}

function inShort({ failure, ratios, medians, missed }) {
  if (failure) return `failed: ${failure}`;
  const ratio = ratios.Entrepot ? `${ratios.Entrepot.rate.toFixed(2)} ×` : `${medians.Entrepot.peakMemory.toFixed(0)} MB`;
  return `${ratio}${missed.length === 0 ? '' : `, misses ${missed.join(', ')}`}`;
}
