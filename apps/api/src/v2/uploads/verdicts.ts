import { Injectable } from '@nestjs/common';
import { JobProducer, verifyBlob } from '#jobs';
import { UploadSessionStore } from '#metadata';
import { RegistryError } from '#oci';
import { EdgeLimits } from '../../edge/limits.js';

/** What a worker found out about a session left to it. */
@Injectable()
export class Verdicts {
  constructor(
    private readonly sessions: UploadSessionStore,
    private readonly jobs: JobProducer,
    private readonly limits: EdgeLimits,
  ) {}

  /** Waits for the verdict on the session's row; throws what it says against the blob, `verdictPending` when it takes too long, `uploadUnknown`. */
  async await(sessionId: string): Promise<void> {
    void this.jobs.lookNow(verifyBlob, { sessionId });
    const deadline = AbortSignal.timeout(this.limits.verdictMilliseconds);
    const verdict = await this.sessions.verdict(sessionId, deadline);
    // Before the time is up there is none because there is nothing to judge: somebody has cancelled the session meanwhile.
    if (!verdict) throw new RegistryError(deadline.aborted ? 'verdictPending' : 'uploadUnknown', { session: sessionId });
    if (!verdict.ok) throw new RegistryError(verdict.kind, verdict.detail);
  }
}
