import { startInstance } from './instance.mjs';
import { MadeBody } from './made-body.mjs';
import { peakMemory } from './process-memory.mjs';
import { push } from './uploads.mjs';

const megabyte = 1e6;

/** Bodies pushed at once through a new instance, which goes again with all it has stored; answers the peak of its api process in MB. */
export async function peakOfUploads(scenario, report, { count, megabytes, env }) {
  const instance = await startInstance(scenario, env);
  const begun = performance.now();
  await Promise.all(Array.from({ length: count }, (_, at) => push(instance.url, `load/at-once-${at}`, new MadeBody(megabytes * megabyte))));
  const seconds = (performance.now() - begun) / 1_000;
  const peak = peakMemory(instance.api);
  report.note(`${count} × ${megabytes} MB`, `${Math.round((count * megabytes) / seconds)} MB/s, peak ${Math.round(peak)} MB`);
  await instance.stop();
  return peak;
}
