import { startBucket } from '../instance.mjs';
import { peakOfUploads } from '../uploads-at-once.mjs';

export const about = '20 × 200 MB pushed at once to S3, and 20 × 100 MB';

export async function run(scenario, report) {
  const { environment: env } = await startBucket(scenario, 16e9);
  const half = await peakOfUploads(scenario, report, { count: 20, megabytes: 100, env });
  const whole = await peakOfUploads(scenario, report, { count: 20, megabytes: 200, env });
  report.atMost('peak memory of the api process', whole, 400, 'MB');
  report.atMost('peak, as a share of that with blobs of half the size', whole / half, 1.1, '×');
}
