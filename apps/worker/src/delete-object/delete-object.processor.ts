import { WorkerHost } from '@nestjs/bullmq';
import { deleteObject } from '#jobs';
import { Processes } from '../consumers/processes.decorator.js';
import { OutboxRelay } from '../outbox/outbox-relay.js';

@Processes(deleteObject)
export class DeleteObjectProcessor extends WorkerHost {
  constructor(private readonly relay: OutboxRelay) {
    super();
  }

  override async process(): Promise<void> {
    await this.relay.look(deleteObject.name);
  }
}
