import { Injectable } from '@nestjs/common';
import { StreamHash, type UploadState } from '#cas';
import { BlobStore, UploadSessionStore, type UploadSession } from '#metadata';
import { algorithmOf, RegistryError, type Digest, type DigestAlgorithm } from '#oci';
import { assertWhole } from './limited.js';
import { UploadReceiver, type Chunk, type Received, type Target } from './upload-receiver.js';
import { Verdicts } from './verdicts.js';

/** Where a session stands at its end: as its row says, or (with a lease) as the closing request's own bytes left it. */
type Progress = Omit<Received, 'lease'> & { readonly lease?: string };

/** Closes upload sessions: afterwards the blob is durable, verified and readable, or nothing of it is visible. */
@Injectable()
export class UploadFinisher {
  constructor(
    private readonly sessions: UploadSessionStore,
    private readonly blobs: BlobStore,
    private readonly receiver: UploadReceiver,
    private readonly verdicts: Verdicts,
  ) {}

  /** With or without a last body. Throws `uploadUnknown`, `digestMismatch` (the session is gone then), `verdictPending`. */
  async finish(target: Target, digest: Digest, chunk: Chunk): Promise<void> {
    const session = await this.sessions.find(target.name, target.id);
    if (!session) throw new RegistryError('uploadUnknown', { session: target.id });
    if (session.state !== 'open') return this.repeatVerdict(session, digest);
    const progress = chunk.body.empty ? session : await this.receiveLast(target, { ...chunk, algorithm: algorithmOf(digest) });
    const computed = digestOf(progress, algorithmOf(digest));
    if (computed === null || this.receiver.needsJoin(progress.storage)) return this.leaveToWorker(target, digest, progress);
    if (computed !== digest) return this.refuse(target, progress, { expected: digest, computed });
    await this.publish(target, digest, progress.storage);
  }

  /** Bytes, then rows, then cleanup: a crash in between leaves only garbage that the sweep finds. */
  private async publish({ name, id }: Target, digest: Digest, storage: UploadState): Promise<void> {
    const { size, key } = await this.receiver.commit(storage);
    const outcome = await this.sessions.finalize(name, id, { digest, size, storageKey: key });
    this.receiver.forget(id);
    // Two requests may close the same session; the one that finds it gone succeeded too if the blob is there.
    if (outcome === 'gone' && !(await this.blobs.find(name, digest))) throw new RegistryError('uploadUnknown', { session: id });
  }

  private async receiveLast(target: Target, chunk: Chunk): Promise<Received> {
    const received = await this.receiver.receive(target, chunk);
    try {
      assertWhole(chunk.body, chunk.range, received.storage.offset);
    } catch (error) {
      await this.receiver.record(target.id, received, true);
      throw error;
    }
    return received;
  }

  /** A wrong digest ends the session; its row must know where the bytes are before it goes, or nobody could reclaim them. */
  private async refuse({ name, id }: Target, progress: Progress, detail: Record<string, unknown>): Promise<never> {
    this.receiver.forget(id);
    await this.recordOwn(id, progress);
    await this.sessions.reject(name, id);
    throw new RegistryError('digestMismatch', detail);
  }

  /** For bytes this process did not see from the first one on: a worker re-reads them, and we wait for its verdict. */
  private async leaveToWorker({ name, id }: Target, digest: Digest, progress: Progress): Promise<void> {
    await this.recordOwn(id, progress);
    if (!(await this.sessions.complete(name, id, { digest, lease: progress.lease }))) throw new RegistryError('uploadSuperseded');
    this.receiver.forget(id);
    await this.verdicts.await(id);
  }

  private async recordOwn(id: string, progress: Progress): Promise<void> {
    const { lease } = progress;
    if (lease !== undefined) await this.receiver.record(id, { ...progress, lease }, false);
  }

  /** A repeated closing PUT waits for, or hears again, the same verdict. */
  private async repeatVerdict(session: UploadSession, digest: Digest): Promise<void> {
    if (session.claimed !== digest) throw new RegistryError('uploadUnknown', { session: session.id });
    await this.verdicts.await(session.id);
  }
}

/** The digest of all bytes where it is known in this algorithm; nothing at all has one too. */
function digestOf({ storage, digestSoFar }: Progress, algorithm: DigestAlgorithm): Digest | null {
  if (storage.offset === 0) return new StreamHash(algorithm).digest();
  return digestSoFar && algorithmOf(digestSoFar) === algorithm ? digestSoFar : null;
}
