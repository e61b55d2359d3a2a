import { Injectable } from '@nestjs/common';
import { JobProducer, verifyBlob } from '#jobs';
import { UploadSessionStore } from '#metadata';
import { RegistryError, type Digest } from '#oci';
import { EdgeLimits } from '../../edge/limits.js';
import type { Target } from './upload-receiver.js';

/** What a worker found out about a session left to it. */
@Injectable()
export class Verdicts {
  constructor(
    private readonly sessions: UploadSessionStore,
    private readonly jobs: JobProducer,
    private readonly limits: EdgeLimits,
  ) {}

  /** Leaves a session to a worker; throws `uploadSuperseded` where it is not open any more, or under another lease. */
  async request({ name, id }: Target, digest: Digest, lease: string): Promise<void> {
    if (!(await this.sessions.complete(name, id, { digest, lease }))) throw new RegistryError('uploadSuperseded');
  }

  /** A repeated closing PUT waits for, or hears again, the same verdict. */
  async repeat({ name, id }: Target, digest: Digest): Promise<void> {
    const session = await this.sessions.find(name, id);
    if (session?.claimed !== digest) throw new RegistryError('uploadUnknown', { session: id });
    await this.await(id);
  }

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
