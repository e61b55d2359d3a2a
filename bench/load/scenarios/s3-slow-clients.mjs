import { measureBeside } from '../beside.mjs';
import { startBucket, startInstance } from '../instance.mjs';

export const about = '1,000 clients that send 1 KB/s, beside an ordinary push and pulls, on S3';

export async function run(scenario, report) {
  const { environment } = await startBucket(scenario, 8e9);
  const instance = await startInstance(scenario, environment);
  await measureBeside(scenario, report, { instance, kinds: [{ count: 1_000, bytesPerSecond: 1_000 }] });
}
