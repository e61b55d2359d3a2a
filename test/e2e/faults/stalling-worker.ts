import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import type { Installation } from './installation.js';
import { findProcess } from './processes.js';

/** Settings of an installation whose worker can be stopped at a step. */
export function stallSettings(controlFile: string): Record<string, string> {
  const preload = join(import.meta.dirname, 'stall-at.mjs');
  return { NODE_OPTIONS: `--import=${preload}`, STALL_CONTROL_FILE: controlFile };
}

/** The worker of such an installation. */
export class StallingWorker {
  constructor(
    private readonly installation: Installation,
    private readonly controlFile: string,
  ) {}

  stallAt(step: string): void {
    rmSync(`${this.controlFile}.reached`, { force: true });
    writeFileSync(this.controlFile, step);
  }

  /** Waits until it stands at the step, then `kill -9`. */
  async killThere(): Promise<void> {
    const pid = await eventually(async () => {
      const worker = findProcess(this.installation.running, 'worker');
      if (worker === undefined || !existsSync(`${this.controlFile}.reached`)) throw new Error('the worker did not come to that step');
      return worker;
    }, 60_000);
    process.kill(pid, 'SIGKILL');
  }
}
