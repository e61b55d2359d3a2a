import { WorkerHost } from '@nestjs/bullmq';
import { expireUploads } from '#jobs';
import { Processes } from '../consumers/processes.decorator.js';
import { ExpireUploadsService } from './expire-uploads.service.js';

@Processes(expireUploads)
export class ExpireUploadsProcessor extends WorkerHost {
  constructor(private readonly uploads: ExpireUploadsService) {
    super();
  }

  override async process(): Promise<void> {
    await this.uploads.look();
  }
}
