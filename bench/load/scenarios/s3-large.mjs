import http from 'node:http';
import { startBucket, startInstance } from '../instance.mjs';
import { MadeBody } from '../made-body.mjs';
import { peakMemory } from '../process-memory.mjs';
import { append, beginUpload, close, pulledDigest, push } from '../uploads.mjs';

export const about = 'one blob of 5 GiB in one PATCH, and one of 12,000 chunks of 64 KiB, on S3';

const chunkBytes = 65_536;
const chunkCount = 12_000;

export async function run(scenario, report) {
  const bucket = await startBucket(scenario, 16e9);
  const large = await startInstance(scenario, bucket.environment);
  const began = performance.now();
  const digest = await push(large.url, 'load/large', new MadeBody(5 * 2 ** 30));
  report.note('5 GiB pushed in', `${seconds(began)} s`);
  const pulling = performance.now();
  report.holds('5 GiB in one PATCH pulled back whole', (await pulledDigest(large.url, 'load/large', digest)) === digest);
  report.note('5 GiB pulled in', `${seconds(pulling)} s`);
  report.atMost('peak memory of the api process', peakMemory(large.api), 400, 'MB');
  await large.stop();
  await bucket.empty();
  await inChunks(report, await startInstance(scenario, bucket.environment));
}

async function inChunks(report, { url, api }) {
  const body = new MadeBody(chunkBytes * chunkCount);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const began = performance.now();
  let location = await beginUpload(url, 'load/chunks', agent);
  for (let from = 0; from < body.bytes; from += chunkBytes) {
    const to = from + chunkBytes;
    location = await append(location, { chunks: [Buffer.concat([...body.chunks(from, to)])], from, to, agent });
  }
  await close(location, body.digest);
  agent.destroy();
  report.note('12,000 chunks in', `${seconds(began)} s`);
  report.holds('12,000 chunks pulled back whole', (await pulledDigest(url, 'load/chunks', body.digest)) === body.digest);
  report.atMost('peak memory of the api process', peakMemory(api), 400, 'MB');
}

const seconds = (since) => Math.round((performance.now() - since) / 1_000);
