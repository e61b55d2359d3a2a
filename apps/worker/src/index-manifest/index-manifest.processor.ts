import { WorkerHost } from '@nestjs/bullmq';
import { indexManifest } from '#jobs';
import { Processes } from '../consumers/processes.decorator.js';
import { OutboxRelay } from '../outbox/outbox-relay.js';

@Processes(indexManifest)
export class IndexManifestProcessor extends WorkerHost {
  constructor(private readonly relay: OutboxRelay) {
    super();
  }

  override async process(): Promise<void> {
    await this.relay.look(indexManifest.name);
  }
}
