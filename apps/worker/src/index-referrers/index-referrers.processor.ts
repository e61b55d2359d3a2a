import { WorkerHost } from '@nestjs/bullmq';
import { indexReferrers } from '#jobs';
import { Processes } from '../consumers/processes.decorator.js';
import { OutboxRelay } from '../outbox/outbox-relay.js';

@Processes(indexReferrers)
export class IndexReferrersProcessor extends WorkerHost {
  constructor(private readonly relay: OutboxRelay) {
    super();
  }

  override async process(): Promise<void> {
    await this.relay.look(indexReferrers.name);
  }
}
