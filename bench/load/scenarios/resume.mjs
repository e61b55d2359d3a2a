import { setTimeout as pause } from 'node:timers/promises';
import http from 'node:http';
import { once } from 'node:events';
import { startBucket, startInstance } from '../instance.mjs';
import { MadeBody } from '../made-body.mjs';
import { append, arrived, beginUpload, close, pulledDigest } from '../uploads.mjs';

export const about = 'an upload cut at half, resumed where the registry says that it is; on the file system and on S3';

const bytes = 200e6;
const patienceMs = 30_000;

export async function run(scenario, report) {
  await resume(report, { place: 'file system', instance: await startInstance(scenario) });
  const { environment } = await startBucket(scenario, 4e9);
  await resume(report, { place: 'S3', instance: await startInstance(scenario, environment) });
}

async function resume(report, { place, instance: { url } }) {
  const body = new MadeBody(bytes);
  const location = await beginUpload(url, 'load/resumed');
  await sendHalf(location, body);
  const from = await untilRecorded(location);
  report.atMost(`${place}: had when it was cut`, from / 1e6, bytes / 2e6, 'MB');
  report.atLeast(`${place}: kept of what was sent`, from / (bytes / 2), 0.9, '×');
  const end = await append(location, { chunks: body.chunks(from), from, to: bytes });
  await close(end, body.digest);
  report.holds(`${place}: pulled back whole`, (await pulledDigest(url, 'load/resumed', body.digest)) === body.digest);
}

/** The client dies with half of its body sent. */
async function sendHalf(location, body) {
  const headers = { 'Content-Type': 'application/octet-stream', 'Content-Length': bytes };
  const request = http.request(location, { method: 'PATCH', headers, agent: false });
  request.on('error', () => undefined);
  for (const chunk of body.chunks(0, bytes / 2)) if (!request.write(chunk)) await once(request, 'drain');
  // Written is not sent: the system still has some of it, which goes with the connection.
  const gone = new Promise((resolve) => request.once('close', resolve));
  request.destroy();
  await gone;
}

/** What the registry has, once it knows. */
async function untilRecorded(location) {
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await pause(50)) {
    const offset = await arrived(location);
    if (offset > 0) return offset;
  }
  throw new Error(`nothing of the cut upload was recorded within ${patienceMs / 1_000} s`);
}
