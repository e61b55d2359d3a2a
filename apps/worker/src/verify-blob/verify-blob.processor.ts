import { WorkerHost } from '@nestjs/bullmq';
import { verifyBlob } from '#jobs';
import { Processes } from '../consumers/processes.decorator.js';
import { OutboxRelay } from '../outbox/outbox-relay.js';

@Processes(verifyBlob)
export class VerifyBlobProcessor extends WorkerHost {
  constructor(private readonly relay: OutboxRelay) {
    super();
  }

  /** Doesn't wait for the verdict: a long one must not keep the next job from waking an idle lane. */
  override async process(): Promise<void> {
    this.relay.nudge(verifyBlob.name);
  }
}
