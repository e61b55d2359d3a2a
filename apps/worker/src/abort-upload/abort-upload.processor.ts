import { WorkerHost } from '@nestjs/bullmq';
import { abortUpload } from '#jobs';
import { Processes } from '../consumers/processes.decorator.js';
import { OutboxRelay } from '../outbox/outbox-relay.js';

@Processes(abortUpload)
export class AbortUploadProcessor extends WorkerHost {
  constructor(private readonly relay: OutboxRelay) {
    super();
  }

  override async process(): Promise<void> {
    await this.relay.look(abortUpload.name);
  }
}
