import { setTimeout as pause } from 'node:timers/promises';
import { cpuOfMachine } from './processes.mjs';

const patienceMs = 20_000;
const lookMs = 200;
const busyShare = 0.08;

/** Waits until hardly anybody uses the processors, but not for ever: what a measurement then meets is part of its figures. */
export async function untilQuiet() {
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline) {
    const before = cpuOfMachine();
    await pause(lookMs);
    const after = cpuOfMachine();
    if ((after.used - before.used) / (after.all - before.all) <= busyShare) return;
  }
}
