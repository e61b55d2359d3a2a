import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../../test/support/running-registry.ts';
import { commandOf, environmentOf } from '../../support/product-process.mjs';
import { startInstance } from '../instance.mjs';
import { residentMemory } from '../process-memory.mjs';

export const about = 'an api process that nobody uses: how soon it listens, and what it holds';

const starts = 5;
const quietMs = 2_000;

export async function run(scenario, report) {
  const instance = await startInstance(scenario);
  await pause(quietMs);
  report.atMost('memory of the instance’s api', residentMemory(instance.api), 130, 'MB');
  const [command, environment] = [commandOf(instance.api), environmentOf(instance.api)];
  await measure(scenario, report, { how: 'npm start', command, environment });
  // Nobody keeps compiled code for it from one start to the next.
  const { NODE_COMPILE_CACHE: _, ...bare } = environment;
  await measure(scenario, report, { how: 'npm run start:api', command, environment: bare });
}

/** Starts the api beside the instance's, with the same options, settings and database. */
async function measure(scenario, report, { how, command: [program, ...args], environment }) {
  const times = [];
  const sizes = [];
  for (let at = 0; at < starts; at += 1) {
    const env = { ...environment, PORT: String(await freePort()) };
    const begun = performance.now();
    const child = spawn(program, args, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const stop = scenario.atEnd(() => ended(child));
    // It says so once it listens.
    await once(child, 'message');
    times.push(performance.now() - begun);
    await pause(quietMs);
    sizes.push(residentMemory(child.pid));
    await stop();
  }
  report.atMost(`listens, started as ${how} does (median of ${starts})`, median(times), 500, 'ms');
  report.atMost(`memory (median of ${starts})`, median(sizes), 130, 'MB');
}

async function ended(child) {
  if (child.exitCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

const median = (figures) => figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)];
