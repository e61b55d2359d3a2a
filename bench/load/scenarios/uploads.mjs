import { peakOfUploads } from '../uploads-at-once.mjs';

export const about = '20 × 1 GB pushed at once to the file system, and 20 × 500 MB';

export async function run(scenario, report) {
  const half = await peakOfUploads(scenario, report, { count: 20, megabytes: 500 });
  const whole = await peakOfUploads(scenario, report, { count: 20, megabytes: 1_000 });
  report.atMost('peak memory of the api process', whole, 400, 'MB');
  report.atMost('peak, as a share of that with blobs of half the size', whole / half, 1.1, '×');
}
