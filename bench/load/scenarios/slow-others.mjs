import { measureBeside } from '../beside.mjs';
import { startInstance } from '../instance.mjs';

export const about = '500 clients that send 1 KB/s and 500 silent ones, beside an ordinary push and pulls, on the file system';

export async function run(scenario, report) {
  const instance = await startInstance(scenario);
  const kinds = [
    { count: 500, bytesPerSecond: 1_000 },
    { count: 500, bytesPerSecond: 0 },
  ];
  await measureBeside(scenario, report, { instance, kinds });
}
