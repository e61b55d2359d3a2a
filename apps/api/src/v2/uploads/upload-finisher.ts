import { Injectable } from '@nestjs/common';
import { StreamHash } from '#cas';
import { algorithmOf, RegistryError, type Digest, type DigestAlgorithm, type RepositoryName } from '#oci';
import { FirstBytes, type FirstBody } from './first-bytes.js';
import { assertWhole, isWhole } from './limited.js';
import { UploadPublisher } from './upload-publisher.js';
import { UploadReceiver, type Chunk, type Leased, type Received, type Target } from './upload-receiver.js';
import { Verdicts } from './verdicts.js';

/** Closes upload sessions: afterwards the blob is durable, verified and readable, or nothing of it is visible. */
@Injectable()
export class UploadFinisher {
  constructor(
    private readonly receiver: UploadReceiver,
    private readonly first: FirstBytes,
    private readonly publisher: UploadPublisher,
    private readonly verdicts: Verdicts,
  ) {}

  /** With or without a last body. Throws `uploadUnknown`, `digestMismatch` (the session is gone then), `uploadSuperseded`, `verdictPending`. */
  async finish(target: Target, digest: Digest, chunk: Chunk): Promise<void> {
    if (chunk.body.empty && !chunk.range && (await this.publisher.publishRecorded(target, digest))) return;
    const first = await this.first.expect(target, { ...chunk, algorithm: algorithmOf(digest) });
    if (first) return this.finishFirst(first, digest);
    // Under a lease, with or without bytes: of two that close one session only one may decide what is the blob and what is garbage.
    const leased = await this.receiver.lease(target, chunk.range?.start);
    if (!leased) return this.verdicts.repeat(target, digest);
    await this.finishLeased(leased, target, { digest, chunk });
  }

  /** All bytes in one request: nobody else knows of the session, so that it begins under the lease it ends under. Throws the same. */
  async finishAtOnce(name: RepositoryName, digest: Digest, chunk: Chunk): Promise<void> {
    const start = chunk.range?.start ?? 0;
    if (start !== 0) throw new RegistryError('uploadOutOfOrder', { offset: 0, start });
    const leased = await this.receiver.beginLeased(name, algorithmOf(digest));
    await this.finishLeased(leased, { name, id: leased.session.id }, { digest, chunk });
  }

  /** All bytes at once, for a session that nobody should have been at: one statement where that and the digest are right. */
  private async finishFirst(first: FirstBody, digest: Digest): Promise<void> {
    const { target, chunk, began } = first;
    const content = await this.first.receive(first);
    const whole = isWhole(chunk.body, chunk.range, content.storage.offset);
    const right = whole && content.digestSoFar === digest;
    if (right && (await this.publisher.publishIf(target, { storage: began, digestSoFar: null }, { content, digest }))) return;
    const received = await this.first.record(first, content, !whole);
    assertWhole(chunk.body, chunk.range, content.storage.offset);
    if (received) return this.decide(target, digest, received);
    // Who was there before may have brought the same.
    if (!right || !(await this.publisher.isThere(target, digest))) await this.verdicts.repeat(target, digest);
  }

  private async finishLeased(leased: Leased, target: Target, { digest, chunk }: { digest: Digest; chunk: Chunk }): Promise<void> {
    const received = chunk.body.empty ? standing(leased) : await this.receiveLast(leased, { ...chunk, algorithm: algorithmOf(digest) });
    await this.decide(target, digest, received);
  }

  private async decide(target: Target, digest: Digest, received: Received): Promise<void> {
    const computed = digestOf(received, algorithmOf(digest));
    if (computed === null || this.receiver.needsJoin(received.storage)) return this.leaveToWorker(target, digest, received);
    if (computed !== digest) return this.publisher.refuse(target, received, { expected: digest, computed });
    await this.publisher.publish(target, digest, received);
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

  /** For bytes this process did not see from the first one on: a worker re-reads them, and we wait for its verdict. */
  private async leaveToWorker(target: Target, digest: Digest, received: Received): Promise<void> {
    await this.receiver.record(target.id, received, false);
    await this.verdicts.request(target, digest, received.lease);
    this.receiver.forget(target.id);
    await this.verdicts.await(target.id);
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
