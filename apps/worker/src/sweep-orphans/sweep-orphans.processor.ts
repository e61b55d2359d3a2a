import { WorkerHost } from '@nestjs/bullmq';
import { sweepOrphans } from '#jobs';
import { Processes } from '../consumers/processes.decorator.js';
import { MaintenanceRunner } from '../maintenance/maintenance-runner.js';

@Processes(sweepOrphans)
export class SweepOrphansProcessor extends WorkerHost {
  constructor(private readonly runner: MaintenanceRunner) {
    super();
  }

  /** Doesn't wait for the end, which may be hours away. */
  override async process(): Promise<void> {
    this.runner.nudge('sweep');
  }
}
