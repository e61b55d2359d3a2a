import { Injectable } from '@nestjs/common';
import { StreamHash } from '#cas';
import { BlobStore, UploadSessionStore } from '#metadata';
import { algorithmOf, RegistryError, type Digest, type DigestAlgorithm, type RepositoryName } from '#oci';
import { assertWhole } from './limited.js';
import { UploadReceiver, type Chunk, type Leased, type Received, type Target } from './upload-receiver.js';
import { Verdicts } from './verdicts.js';

/** Closes upload sessions: afterwards the blob is durable, verified and readable, or nothing of it is visible. */
@Injectable()
export class UploadFinisher {
  constructor(
    private readonly sessions: UploadSessionStore,
    private readonly blobs: BlobStore,
    private readonly receiver: UploadReceiver,
    private readonly verdicts: Verdicts,
  ) {}

  /** With or without a last body. Throws `uploadUnknown`, `digestMismatch` (the session is gone then), `uploadSuperseded`, `verdictPending`. */
  async finish(target: Target, digest: Digest, chunk: Chunk): Promise<void> {
    if (chunk.body.empty && !chunk.range && (await this.publishRecorded(target, digest))) return;
    // Under a lease, with or without bytes: of two that close one session only one may decide what is the blob and what is garbage.
    const leased = await this.receiver.lease(target, chunk.range?.start);
    if (!leased) return this.repeatVerdict(target, digest);
    await this.finishLeased(leased, target, { digest, chunk });
  }

  /** All bytes in one request: nobody else knows of the session, so that it begins under the lease it ends under. Throws the same. */
  async finishAtOnce(name: RepositoryName, digest: Digest, chunk: Chunk): Promise<void> {
    const start = chunk.range?.start ?? 0;
    if (start !== 0) throw new RegistryError('uploadOutOfOrder', { offset: 0, start });
    const leased = await this.receiver.beginLeased(name, algorithmOf(digest));
    await this.finishLeased(leased, { name, id: leased.session.id }, { digest, chunk });
  }

  private async finishLeased(leased: Leased, target: Target, { digest, chunk }: { digest: Digest; chunk: Chunk }): Promise<void> {
    const received = chunk.body.empty ? standing(leased) : await this.receiveLast(leased, { ...chunk, algorithm: algorithmOf(digest) });
    const computed = digestOf(received, algorithmOf(digest));
    if (computed === null || this.receiver.needsJoin(received.storage)) return this.leaveToWorker(target, digest, received);
    if (computed !== digest) return this.refuse(target, received, { expected: digest, computed });
    await this.publish(target, digest, received);
  }

  /** Where this process has just recorded all the bytes: one statement, which looks itself whether that is the session's last word. False: it isn't. */
  private async publishRecorded({ name, id }: Target, digest: Digest): Promise<boolean> {
    const recorded = this.receiver.recorded(id);
    if (recorded?.digestSoFar !== digest) return false;
    const object = await this.receiver.asObject(recorded.storage);
    if (!object) return false;
    const { size, key, leftovers } = object;
    const outcome = await this.sessions.finalize(name, id, { digest, size, storageKey: key, leftovers, recorded: recorded.storage });
    this.receiver.forget(id);
    return outcome !== 'gone';
  }

  /** Bytes, then rows, then cleanup: a crash in between leaves only garbage that the sweep finds. */
  private async publish({ name, id }: Target, digest: Digest, { lease, storage }: Received): Promise<void> {
    const { size, key, leftovers } = await this.receiver.commit(storage);
    const outcome = await this.sessions.finalize(name, id, { digest, size, storageKey: key, leftovers, lease });
    this.receiver.forget(id);
    // Somebody else closed it meanwhile, or has taken it over: what counts is whether the blob is there.
    if (outcome === 'gone' && !(await this.blobs.find(name, digest))) throw new RegistryError('uploadSuperseded', { session: id });
  }

  private async receiveLast(leased: Leased, chunk: Chunk): Promise<Received> {
    const received = await this.receiver.receive(leased, chunk);
    try {
      assertWhole(chunk.body, chunk.range, received.storage.offset);
    } catch (error) {
      await this.receiver.record(leased.session.id, received, true);
      throw error;
    }
    return received;
  }

  /** A wrong digest ends the session; its row must know where the bytes are before it goes, or nobody could reclaim them. */
  private async refuse({ name, id }: Target, received: Received, detail: Record<string, unknown>): Promise<never> {
    await this.receiver.record(id, received, false);
    this.receiver.forget(id);
    await this.sessions.reject(name, id, received.lease);
    throw new RegistryError('digestMismatch', detail);
  }

  /** For bytes this process did not see from the first one on: a worker re-reads them, and we wait for its verdict. */
  private async leaveToWorker({ name, id }: Target, digest: Digest, received: Received): Promise<void> {
    await this.receiver.record(id, received, false);
    if (!(await this.sessions.complete(name, id, { digest, lease: received.lease }))) throw new RegistryError('uploadSuperseded');
    this.receiver.forget(id);
    await this.verdicts.await(id);
  }

  /** A repeated closing PUT waits for, or hears again, the same verdict. */
  private async repeatVerdict({ name, id }: Target, digest: Digest): Promise<void> {
    const session = await this.sessions.find(name, id);
    if (session?.claimed !== digest) throw new RegistryError('uploadUnknown', { session: id });
    await this.verdicts.await(id);
  }
}

/** A session that gets no more bytes. */
function standing({ session: { storage, digestSoFar }, lease }: Leased): Received {
  return { storage, digestSoFar, lease };
}

/** The digest of all bytes where it is known in this algorithm; nothing at all has one too. */
function digestOf({ storage, digestSoFar }: Received, algorithm: DigestAlgorithm): Digest | null {
  if (storage.offset === 0) return new StreamHash(algorithm).digest();
  return digestSoFar && algorithmOf(digestSoFar) === algorithm ? digestSoFar : null;
}
