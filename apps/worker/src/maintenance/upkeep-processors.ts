import type { Type } from '@nestjs/common';
import { WorkerHost } from '@nestjs/bullmq';
import { upkeepJobs } from '#jobs';
import { maintenanceKinds, type MaintenanceKind } from '#metadata';
import { Processes } from '../consumers/processes.decorator.js';
import { MaintenanceRunner } from './maintenance-runner.js';

/** One for each kind of run: they differ in nothing else. */
export const upkeepProcessors = maintenanceKinds.map(processorOf);

function processorOf(kind: MaintenanceKind): Type<WorkerHost> {
  @Processes(upkeepJobs[kind])
  class UpkeepProcessor extends WorkerHost {
    constructor(private readonly runner: MaintenanceRunner) {
      super();
    }

    /** Doesn't wait for the end, which may be hours away. */
    override async process(): Promise<void> {
      this.runner.nudge(kind);
    }
  }
  return UpkeepProcessor;
}
