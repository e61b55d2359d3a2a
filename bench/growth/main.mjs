// npm run bench:growth [-- --tags 1000000 --blobs 10000000 --folder /srv/bench]: what requests cost on an almost empty installation and on a full
// one beside it. Small and quick: --tags 20000 --repositories 20000 --blobs 100000 --rounds 2.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { RunningRegistry } from '../../test/support/running-registry.ts';
import { Client } from '../support/client.mjs';
import { connect } from '../installation-database.mjs';
import { measure, summarise } from './measure.mjs';
import { operationsOf } from './operations.mjs';
import { warmUp } from './page-cache.mjs';
import { processorSeconds } from './processor-time.mjs';
import { compare, exceeds, writeReport } from './report.mjs';
import { makeRows } from './rows.mjs';

const number = (value) => ({ type: 'string', default: String(value) });
const { values } = parseArgs({
  options: {
    tags: number(1_000_000),
    repositories: number(1_000_000),
    blobs: number(10_000_000),
    referrers: number(10_000),
    rounds: number(5),
    seconds: number(0.5),
    limit: number(1.5),
    // Only operations whose names match.
    only: { type: 'string', default: '' },
    // Where the report goes.
    out: { type: 'string', default: '.cache/bench' },
    // Installations are kept there, and not filled again: minutes of rows for as many measurements as wanted.
    folder: { type: 'string' },
  },
});
const { only, out, folder: kept, ...numbers } = values;
const { rounds, seconds, limit, ...full } = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Number(value)]));
// As many referrers: a list is compared with the same list.
const scales = { empty: { tags: 1_000, repositories: 1_000, blobs: 10_000, referrers: full.referrers }, full };
const say = (text) => process.stderr.write(`${text}\n`);

const folder = kept ? resolve(kept) : mkdtempSync(join(tmpdir(), 'bench-growth-'));
mkdirSync(folder, { recursive: true });
// PostgreSQL's own user has to get through.
chmodSync(folder, 0o755);
const opened = [];
try {
  const empty = await installation('empty');
  const full = await installation('full');
  const results = await measureBoth({ empty, full });
  const rows = compare(results);
  if (rounds > 0) process.stdout.write(writeReport(out, { rows, scales, limit }));
  const over = rows.filter((row) => exceeds(row, limit));
  if (over.length > 0) say(`more than ${limit} times: ${over.map(({ operation }) => operation).join('; ')}`);
  process.exitCode = over.length > 0 ? 1 : 0;
} finally {
  for (const { client, registry } of opened) {
    client.close();
    await registry.stop();
  }
  if (!kept) rmSync(folder, { recursive: true, force: true });
}

/** A running one, with its rows: made now, or on a run before. */
async function installation(name) {
  const dataDir = join(folder, name);
  const scale = scales[name];
  const filled = join(dataDir, `filled-${Object.values(scale).join('-')}`);
  const fresh = !existsSync(filled);
  if (fresh) rmSync(dataDir, { recursive: true, force: true });
  mkdirSync(dataDir, { recursive: true });
  const env = { LOG_LEVEL: 'warn', SCRUB_MIB_PER_SECOND: '0' };
  const registry = await RunningRegistry.start({ dataDir, env });
  const client = new Client(registry.url);
  opened.push({ client, registry });
  if (fresh) {
    say(`filling the ${name} one`);
    const database = await connect(dataDir);
    await makeRows(database, scale, say);
    await database.end();
    writeFileSync(filled, '');
  }
  if (rounds > 0) await warmUp(dataDir);
  return { operations: operationsOf(client, scale), processor: () => processorSeconds(registry) };
}

/** Round by round, now the one first and now the other, so that what else the machine does meets both. */
async function measureBoth(sides) {
  const names = Object.keys(sides.full.operations).filter((name) => new RegExp(only).test(name));
  const measured = Object.fromEntries(names.map((name) => [name, { empty: [], full: [] }]));
  for (let round = 0; round < rounds; round += 1) {
    say(`round ${round + 1} of ${rounds}`);
    for (const name of names)
      for (const side of round % 2 ? ['full', 'empty'] : ['empty', 'full']) {
        const { operations, processor } = sides[side];
        measured[name][side].push(await measure(operations[name], processor, seconds));
      }
  }
  const summarised = ({ empty, full }) => ({ empty: summarise(empty), full: summarise(full) });
  return rounds > 0 ? Object.fromEntries(Object.entries(measured).map(([name, both]) => [name, summarised(both)])) : {};
}
