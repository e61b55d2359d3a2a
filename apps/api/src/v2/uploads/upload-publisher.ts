import { Injectable } from '@nestjs/common';
import { BlobStore, UploadSessionStore, type SessionContent } from '#metadata';
import { RegistryError, type Digest } from '#oci';
import { UploadReceiver, type Received, type Target } from './upload-receiver.js';

/** Makes a session's bytes the blob they were said to be, or ends the session without one. */
@Injectable()
export class UploadPublisher {
  constructor(
    private readonly sessions: UploadSessionStore,
    private readonly blobs: BlobStore,
    private readonly receiver: UploadReceiver,
  ) {}

  /** Where this process has just recorded all the bytes: one statement, which looks itself whether that is the session's last word. False: it isn't. */
  async publishRecorded(target: Target, digest: Digest): Promise<boolean> {
    const recorded = this.receiver.recorded(target.id);
    if (recorded?.digestSoFar !== digest) return false;
    const published = await this.publishIf(target, recorded, { content: recorded, digest });
    this.receiver.forget(target.id);
    return published;
  }

  /** Makes `content`, which has that digest, the blob if the session's row holds just what is `expected`, with nobody at work on it. */
  async publishIf(
    { name, id }: Target,
    expected: SessionContent,
    { content, digest }: { readonly content: SessionContent; readonly digest: Digest },
  ): Promise<boolean> {
    const object = this.receiver.asObject(content.storage);
    if (!object) return false;
    const { size, key, leftovers } = object;
    return (await this.sessions.finalize(name, id, { digest, size, storageKey: key, leftovers, recorded: expected })) !== 'gone';
  }

  /** What its lease's holder received. Bytes, then rows, then cleanup: a crash in between leaves only garbage that the sweep finds. */
  async publish({ name, id }: Target, digest: Digest, { lease, storage }: Received): Promise<void> {
    const { size, key, leftovers } = await this.receiver.commit(storage);
    const outcome = await this.sessions.finalize(name, id, { digest, size, storageKey: key, leftovers, lease });
    this.receiver.forget(id);
    // Somebody else closed it meanwhile, or has taken it over: what counts is whether the blob is there.
    if (outcome === 'gone' && !(await this.isThere({ name, id }, digest))) throw new RegistryError('uploadSuperseded', { session: id });
  }

  async isThere({ name }: Target, digest: Digest): Promise<boolean> {
    return (await this.blobs.find(name, digest)) !== null;
  }

  /** A wrong digest ends the session; its row must know where the bytes are before it goes, or nobody could reclaim them. */
  async refuse({ name, id }: Target, received: Received, detail: Record<string, unknown>): Promise<never> {
    await this.receiver.record(id, received, false);
    this.receiver.forget(id);
    await this.sessions.cancel(name, id, received.lease);
    throw new RegistryError('digestMismatch', detail);
  }
}
