import { Injectable } from '@nestjs/common';
import { hashing, StorageDriver, type StoredObject, type UploadState } from '#cas';
import { UploadSessionStore, type UploadSession } from '#metadata';
import { RegistryError, type Digest, type DigestAlgorithm, type RepositoryName } from '#oci';
import { DiskGuard } from '../../edge/disk-guard.js';
import type { RequestBody } from '../../edge/request-body.js';
import { limited } from './limited.js';
import type { ContentRange } from './content-range.js';
import { RunningHashes } from './running-hashes.js';

/** Which session a request's bytes are for. */
export interface Target {
  readonly name: RepositoryName;
  readonly id: string;
}

/** A body on its way into a session; `range` is what the client says of its place, `algorithm` the hash wanted (absent: the session's). */
export interface Chunk {
  readonly body: RequestBody;
  readonly range?: ContentRange;
  readonly algorithm?: DigestAlgorithm;
}

/** What a session holds after a body: durable under `lease`, but not yet on its row. `digestSoFar` is of all its bytes, where this process saw them. */
export interface Received {
  readonly lease: string;
  readonly storage: UploadState;
  readonly digestSoFar: Digest | null;
}

/** Takes a session's lease and streams a body through the hash into storage. */
@Injectable()
export class UploadReceiver {
  private readonly hashes = new RunningHashes();

  constructor(
    private readonly sessions: UploadSessionStore,
    private readonly driver: StorageDriver,
    private readonly disk: DiskGuard,
  ) {}

  begin(id: string): UploadState {
    return this.driver.begin(id);
  }

  /** Throws `storageFull`, `uploadUnknown`, `uploadOutOfOrder`; a body that ends early or too long is for the caller to judge after recording. */
  async receive(target: Target, chunk: Chunk): Promise<Received> {
    await this.disk.assertRoom();
    const { session, lease, takenOver } = await this.lease(target, chunk.range?.start);
    const upload = takenOver ? this.driver.takeOver(session.storage) : session.storage;
    const hash = this.hashes.take(target.id, session.offset, chunk.algorithm ?? session.algorithm);
    const bytes = chunk.range ? limited(chunk.body, chunk.range) : chunk.body.chunks();
    const storage = await this.driver.append(upload, hash ? hashing(bytes, hash) : bytes, { expectedBytes: chunk.body.announced });
    const whole = hash?.bytes === storage.offset ? hash : null;
    if (whole) this.hashes.keep(target.id, whole);
    return { lease, storage, digestSoFar: whole?.digest() ?? null };
  }

  /** Puts what was received on the session's row and gives the lease back; throws `uploadSuperseded` where somebody has taken it over. */
  async record(id: string, received: Received, release: boolean): Promise<void> {
    const { lease, storage, digestSoFar } = received;
    if (!(await this.sessions.record(id, lease, { storage, digestSoFar, release }))) throw new RegistryError('uploadSuperseded');
  }

  /** True where the bytes lie in several pieces, which only a worker joins. */
  needsJoin(storage: UploadState): boolean {
    return this.driver.needsJoin(storage);
  }

  commit(storage: UploadState): Promise<StoredObject> {
    return this.driver.commit(storage);
  }

  /** Lets go of what this process remembers of a session. */
  forget(id: string): void {
    this.hashes.drop(id);
  }

  private async lease(
    { name, id }: Target,
    start: number | undefined,
  ): Promise<{ session: UploadSession; lease: string; takenOver: boolean }> {
    const result = await this.sessions.lease(name, id, start);
    if (result.outcome === 'unknown') throw new RegistryError('uploadUnknown', { session: id });
    if (result.outcome === 'outOfOrder') throw new RegistryError('uploadOutOfOrder', { offset: result.offset, start });
    return result;
  }
}
