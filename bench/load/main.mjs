// npm run load [-- --only uploads,idle]: what the product promises about memory and fairness, measured; ends with 1 where a limit is missed.
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { setUp } from '../../tools/setup.mjs';
import { Scenario } from './instance.mjs';
import { Report } from './report.mjs';

const names = ['idle', 'uploads', 'downloads', 'slow-others', 'resume', 's3-uploads', 's3-large', 's3-slow-clients'];
const limitMinutes = 8;
const write = (text) => process.stdout.write(`${text}\n`);

const { values } = parseArgs({ options: { only: { type: 'string', default: names.join(',') } } });
const chosen = values.only.split(',');
const unknown = chosen.filter((name) => !names.includes(name));
if (unknown.length > 0) throw new Error(`no scenario ${unknown.join(', ')}; there are ${names.join(', ')}`);

await setUp(write);
let missed = 0;
for (const name of chosen) missed += await run(name);
process.exit(missed > 0 ? 1 : 0);

async function run(name) {
  const { about, run: measure } = await import(`./scenarios/${name}.mjs`);
  write(`${name}: ${about}`);
  const begun = performance.now();
  const report = new Report(write);
  const scenario = new Scenario();
  try {
    const inTime = await Promise.race([measure(scenario, report).then(() => true), pause(limitMinutes * 60_000, false, { ref: false })]);
    report.holds(`done within ${limitMinutes} minutes`, inTime);
  } catch (error) {
    report.holds(`${error.stack}`, false);
  } finally {
    await scenario.end();
  }
  write(`       took ${Math.round((performance.now() - begun) / 1_000)} s`);
  return report.missed;
}
