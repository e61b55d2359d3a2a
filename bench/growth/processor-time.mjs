import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ticksPerSecond = 100;

/** Seconds of processor that all processes of a running registry have used, PostgreSQL's included: unlike time, no neighbour adds to it. */
export function processorSeconds({ child, dataDir }) {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => [Number(pid), statOf(pid)]),
  );
  const roots = [child.pid, Number(readFileSync(join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')[0])];
  const isOurs = (pid) => pid > 1 && (roots.includes(pid) || isOurs(parents.get(pid)?.parent ?? 0));
  return [...parents].filter(([pid]) => isOurs(pid)).reduce((sum, [, { ticks }]) => sum + ticks, 0) / ticksPerSecond;
}

/** Of itself and of the children it has waited for. */
function statOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
    return {
      parent: Number(fields[1]),
      ticks: fields
        .slice(11, 15)
        .map(Number)
        .reduce((sum, ticks) => sum + ticks),
    };
  } catch {
    return { parent: 0, ticks: 0 };
  }
}
