import { setTimeout as pause } from 'node:timers/promises';
import { Client } from '../support/client.mjs';
import { Neighbours } from '../support/neighbours.mjs';
import { MadeBody } from './made-body.mjs';
import { forgetPeak, peakMemory, processorSeconds } from './process-memory.mjs';
import { SlowClients } from './slow-clients.mjs';
import { push } from './uploads.mjs';

const megabytes = 200;
const rounds = 2;
const settleMs = 3_000;
const patienceMs = 60_000;

/** An ordinary push, and pulls, by turns alone and beside slow clients. `kinds`: what the clients are, for `SlowClients.begin`. */
export async function measureBeside(scenario, report, { instance, kinds }) {
  const client = new Client(instance.url);
  scenario.atEnd(() => client.close());
  const seconds = { alone: [], beside: [] };
  let pulls;
  forgetPeak(instance.api);
  for (let round = 0; round < rounds; round += 1) {
    seconds.alone.push(await timeOfPush(instance.url));
    const slow = await Promise.all(kinds.map((kind) => SlowClients.begin(instance.url, kind)));
    const leave = scenario.atEnd(() => Promise.all(slow.map((clients) => clients.leave())));
    await pause(settleMs);
    seconds.beside.push(await timeOfPush(instance.url));
    pulls = await timesOfPulls(scenario, client);
    report.holds(
      `round ${round + 1}: nobody was cut off`,
      slow.every(({ lost }) => lost === 0),
    );
    await leave();
    await atRest(instance.api);
  }
  const speed = (times) => (megabytes * times.length) / times.reduce((sum, time) => sum + time, 0);
  report.note('push of 200 MB', `alone ${speeds(seconds.alone)}, beside ${speeds(seconds.beside)} MB/s`);
  report.atLeast('speed beside them', speed(seconds.beside) / speed(seconds.alone), 0.5, '× alone');
  report.atMost('pull of an image beside them, p99', pulls.pull.p99, 250, 'ms');
  report.holds(`${pulls.pull.count} pulls and ${pulls.push.count} small pushes beside them without a failure`, pulls.failures.length === 0);
  report.atMost('peak memory of the api process', peakMemory(instance.api), 400, 'MB');
}

/** Small pushes and pulls for a few seconds. */
export async function timesOfPulls(scenario, client, seconds = 5) {
  const neighbours = new Neighbours(client, { pushes: 1, pulls: 4, pauseMs: 20 });
  const stop = scenario.atEnd(() => neighbours.stop());
  await neighbours.start();
  neighbours.take();
  await pause(seconds * 1_000);
  const times = neighbours.take();
  await stop();
  return times;
}

async function timeOfPush(url) {
  const body = new MadeBody(megabytes * 1e6);
  const begun = performance.now();
  await push(url, 'load/ordinary', body);
  return (performance.now() - begun) / 1_000;
}

/** Until the process has next to nothing to do: what clients left behind has been recorded. */
async function atRest(pid) {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline;) {
    const before = processorSeconds(pid);
    await pause(1_000);
    if (processorSeconds(pid) - before < 0.05) return;
  }
  throw new Error('the api process does not come to rest');
}

const speeds = (times) => times.map((time) => Math.round(megabytes / time)).join(', ');
