// What the kernel knows of processes (Linux): who belongs to whom, and what they used.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const ticksPerSecond = 100;
const kernelThreads = 2;

/** All processes of now: pid to parent and CPU seconds, those of children that ended and were waited for included. */
export function snapshot() {
  const all = new Map();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? read(`/proc/${name}/stat`) : '';
    if (stat === '') continue;
    // The command's name, in parentheses, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const cpu = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond;
    all.set(Number(name), { parent: Number(fields[1]), cpu });
  }
  return all;
}

/** CPU seconds of a process with all that descends from it. */
export function cpuOfTree(all, root) {
  const children = Map.groupBy(all.keys(), (pid) => all.get(pid).parent);
  let sum = 0;
  for (const todo = [root]; todo.length > 0;) {
    const pid = todo.pop();
    sum += all.get(pid)?.cpu ?? 0;
    todo.push(...(children.get(pid) ?? []));
  }
  return sum;
}

export const cpuOfKernelThreads = (all) => cpuOfTree(all, kernelThreads);

/** CPU seconds of the machine: used by programs (and by other machines on the same processors), and all there were. */
export function cpuOfMachine() {
  const ticks = read('/proc/stat').split('\n')[0].trim().split(/\s+/).slice(1, 9).map(Number);
  const [user, nice, system, , , , , steal] = ticks;
  return { used: (user + nice + system + steal) / ticksPerSecond, all: ticks.reduce((sum, one) => sum + one) / ticksPerSecond };
}

/** The first descendant whose command line contains `words`, or the process itself where no words are given. */
export function findInTree(root, words) {
  if (words === undefined) return root;
  const all = snapshot();
  const isBelow = (pid) => pid === root || (all.has(pid) && isBelow(all.get(pid).parent));
  const found = [...all.keys()].find((pid) => isBelow(pid) && read(`/proc/${pid}/cmdline`).includes(words));
  if (found === undefined) throw new Error(`no process ${words} below ${root}`);
  return found;
}

/** Resident memory in MB: now, and the most since `forgetPeakMemory`. */
export function memoryOf(pid) {
  const status = read(`/proc/${pid}/status`);
  const megabytes = (name) => (Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) * 1_024) / 1e6;
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') };
}

export function forgetPeakMemory(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Empty where the process is gone. */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
