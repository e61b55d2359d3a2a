import { WorkerHost } from '@nestjs/bullmq';
import { applyRetention } from '#jobs';
import { Processes } from '../consumers/processes.decorator.js';
import { MaintenanceRunner } from '../maintenance/maintenance-runner.js';

@Processes(applyRetention)
export class ApplyRetentionProcessor extends WorkerHost {
  constructor(private readonly runner: MaintenanceRunner) {
    super();
  }

  /** Doesn't wait for the end, which may be hours away. */
  override async process(): Promise<void> {
    this.runner.nudge('retention');
  }
}
