import { readFileSync, writeFileSync } from 'node:fs';

const megabyte = 1e6;
const field = (pid, name) =>
  (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1_024) / megabyte;

/** MB that a process holds of physical memory now, what it shares with others included. */
export const residentMemory = (pid) => field(pid, 'VmRSS');

/** The most it has ever held, or since `forgetPeak`: the kernel's own figure, no samples. */
export const peakMemory = (pid) => field(pid, 'VmHWM');

/** What it holds now becomes its peak. */
export function forgetPeak(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Seconds of processor time that a process has used. */
export function processorSeconds(pid) {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ').slice(11, 13);
  return (Number(user) + Number(system)) / 100;
}
