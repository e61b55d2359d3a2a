import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from '../../support/client.mjs';
import { timesOfPulls } from '../beside.mjs';
import { startInstance } from '../instance.mjs';
import { MadeBody } from '../made-body.mjs';
import { peakMemory } from '../process-memory.mjs';
import { push } from '../uploads.mjs';

export const about = '200 slow downloads of a blob of 1 GB at once, beside pulls';

const count = 200;
const tickMs = 100;
/** 0.4 MB/s each, 80 together. */
const bytesPerTick = 40_000;

export async function run(scenario, report) {
  const DATA_DIR = scenario.temporaryFolder();
  // For the user that the embedded PostgreSQL runs as.
  chmodSync(DATA_DIR, 0o755);
  const name = 'load/large';
  const before = await startInstance(scenario, { DATA_DIR });
  const digest = await push(before.url, name, new MadeBody(1e9));
  // What that push took is not what downloads take.
  await before.stop();
  const instance = await startInstance(scenario, { DATA_DIR });
  const client = new Client(instance.url);
  scenario.atEnd(() => client.close());
  const readers = await Promise.all(
    Array.from({ length: count }, () => SlowReader.begin(new URL(`/v2/${name}/blobs/${digest}`, instance.url))),
  );
  const timer = setInterval(() => readers.forEach((reader) => reader.read(bytesPerTick)), tickMs);
  scenario.atEnd(() => (clearInterval(timer), readers.forEach((reader) => reader.leave())));
  await pause(10_000);
  report.atMost('peak memory of the api process, downloads alone', peakMemory(instance.api), 200, 'MB');
  const { pull, push: pushed, failures } = await timesOfPulls(scenario, client, 20);
  const megabytes = readers.map(({ bytes }) => bytes / 1e6);
  report.note('read by each so far', `${Math.round(Math.min(...megabytes))} to ${Math.round(Math.max(...megabytes))} MB`);
  report.holds(
    'none was cut off',
    readers.every(({ open }) => open),
  );
  report.atLeast('the one that got least', Math.min(...megabytes) / Math.max(...megabytes), 0.5, '× the most');
  report.atMost('pull of an image beside them, p99', pull.p99, 250, 'ms');
  report.holds(`${pull.count} pulls and ${pushed.count} small pushes beside them without a failure`, failures.length === 0);
  report.atMost('peak memory of the api process, pulls and pushes included', peakMemory(instance.api), 200, 'MB');
}

/** Takes no more than it is told to. */
class SlowReader {
  bytes = 0;

  static async begin(url) {
    const reader = new SlowReader();
    reader.socket = connect({ host: url.hostname, port: Number(url.port), highWaterMark: bytesPerTick });
    reader.socket.on('error', () => undefined);
    await once(reader.socket, 'connect');
    reader.socket.write(`GET ${url.pathname} HTTP/1.1\r\nHost: ${url.hostname}\r\n\r\n`);
    return reader;
  }

  get open() {
    return !this.socket.destroyed && !this.socket.readableEnded;
  }

  read(bytes) {
    const chunk = this.socket.read(Math.min(bytes, this.socket.readableLength)) ?? [];
    this.bytes += chunk.length;
  }

  leave() {
    this.socket.destroy();
  }
}
