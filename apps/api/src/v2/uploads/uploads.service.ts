import { Injectable } from '@nestjs/common';
import { BlobStore, UploadSessionStore, type UploadSession } from '#metadata';
import { RegistryError, type Digest, type DigestAlgorithm, type RepositoryName } from '#oci';
import { FirstBytes } from './first-bytes.js';
import { assertWhole } from './limited.js';
import { UploadReceiver, type Chunk, type Received, type Target } from './upload-receiver.js';

/** Upload sessions up to their end. A session is a row; any replica may serve each of its requests. */
@Injectable()
export class UploadsService {
  constructor(
    private readonly sessions: UploadSessionStore,
    private readonly blobs: BlobStore,
    private readonly receiver: UploadReceiver,
    private readonly first: FirstBytes,
  ) {}

  /** Opens a session whose bytes are hashed with `algorithm` on their way; answers its id. Throws `storageFull`. */
  begin(name: RepositoryName, algorithm: DigestAlgorithm = 'sha256'): Promise<string> {
    return this.receiver.begin(name, algorithm);
  }

  /** Links a blob the caller may read elsewhere (`from`, or anywhere) into `to`; false where there is none. */
  mount(to: RepositoryName, digest: Digest, from?: RepositoryName): Promise<boolean> {
    return this.blobs.mount(to, digest, from);
  }

  /** An open session; throws `uploadUnknown`. */
  async get({ name, id }: Target): Promise<UploadSession> {
    const session = await this.sessions.find(name, id);
    if (session?.state !== 'open') throw new RegistryError('uploadUnknown', { session: id });
    return session;
  }

  /** Adds a body to a session and answers the new offset. Whatever came is recorded first, so that it can be resumed, then judged. */
  async append(target: Target, chunk: Chunk): Promise<number> {
    const first = await this.first.expect(target, chunk);
    const received = await (first ? this.first.record(first, await this.first.receive(first), true) : this.receive(target, chunk));
    if (!received) throw new RegistryError('uploadUnknown', { session: target.id });
    assertWhole(chunk.body, chunk.range, received.storage.offset);
    return received.storage.offset;
  }

  private async receive(target: Target, chunk: Chunk): Promise<Received | null> {
    const leased = await this.receiver.lease(target, chunk.range?.start);
    if (!leased) return null;
    const received = await this.receiver.receive(leased, chunk);
    await this.receiver.record(target.id, received, true);
    return received;
  }

  /** Ends a session without a blob; throws `uploadUnknown`. */
  async cancel({ name, id }: Target): Promise<void> {
    this.receiver.forget(id);
    if (!(await this.sessions.cancel(name, id))) throw new RegistryError('uploadUnknown', { session: id });
  }
}
