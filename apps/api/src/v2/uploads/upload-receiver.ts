import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { hashing, StorageDriver, uploadId, type ByteSource, type StoredObject, type StreamHash, type UploadState } from '#cas';
import { UploadSessionStore, type SessionContent, type UploadSession } from '#metadata';
import { RegistryError, type DigestAlgorithm, type RepositoryName } from '#oci';
import { DiskGuard } from '../../edge/disk-guard.js';
import type { RequestBody } from '../../edge/request-body.js';
import { limited } from './limited.js';
import type { ContentRange } from './content-range.js';
import { SessionMemory } from './session-memory.js';

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

/** A session whose lease this request holds; nobody else can record, close or reject it until somebody takes it over. */
export interface Leased {
  readonly lease: string;
  readonly session: Pick<UploadSession, 'id' | 'offset' | 'storage' | 'digestSoFar' | 'algorithm'>;
  readonly takenOver: boolean;
}

/** What a session holds after a body: durable under `lease`, but not yet on its row. `hash` is of all its bytes, where this process saw them. */
export interface Received extends SessionContent {
  readonly lease: string;
  readonly hash?: StreamHash | null;
}

/** A finished upload's object, and what its upload leaves over. */
export type ArrivedObject = StoredObject & { readonly leftovers: readonly string[] };

/** Takes a session's lease and streams a body through the hash into storage. */
@Injectable()
export class UploadReceiver {
  private readonly memory = new SessionMemory();

  constructor(
    private readonly sessions: UploadSessionStore,
    private readonly driver: StorageDriver,
    private readonly disk: DiskGuard,
  ) {}

  /** Opens a session for whatever bytes come, and answers its id. Throws `storageFull`. */
  async begin(name: RepositoryName, algorithm: DigestAlgorithm): Promise<string> {
    const { id, storage } = await this.open(name, { algorithm });
    this.memory.keep(id, { storage, digestSoFar: null, begunWith: algorithm });
    return id;
  }

  /** Opens a session for this request's bytes alone, under a lease of its own. Throws `storageFull`. */
  async beginLeased(name: RepositoryName, algorithm: DigestAlgorithm): Promise<Leased> {
    const lease = randomUUID();
    const { id, storage } = await this.open(name, { algorithm, lease });
    return { lease, session: { id, offset: 0, storage, digestSoFar: null, algorithm }, takenOver: false };
  }

  /** Takes the lease of an open session at `start`, or wherever it stands; null where there is none open. Throws `uploadOutOfOrder`. */
  async lease({ name, id }: Target, start: number | undefined): Promise<Leased | null> {
    const result = await this.sessions.lease(name, id, start);
    if (result.outcome === 'outOfOrder') throw new RegistryError('uploadOutOfOrder', { offset: result.offset, start });
    return result.outcome === 'leased' ? result : null;
  }

  /** Throws `storageFull`; a body that ends early or too long is for the caller to judge after recording. */
  async receive(leased: Leased, { body, range, algorithm }: Chunk): Promise<Received> {
    await this.disk.assertRoom(body.announced);
    const bytes = this.disk.watching(range ? limited(body, range) : body.chunks());
    return this.store(leased, bytes, { expectedBytes: body.announced, algorithm });
  }

  /** The same with bytes from elsewhere, whose chunks are given away. */
  async store(
    { session, lease, takenOver }: Leased,
    bytes: ByteSource,
    { expectedBytes, algorithm }: { readonly expectedBytes?: number; readonly algorithm?: DigestAlgorithm },
  ): Promise<Received> {
    const upload = takenOver ? this.driver.takeOver(session.storage) : session.storage;
    const hash = this.memory.takeHash(session, algorithm ?? session.algorithm);
    // What is at work does not expire, however long it takes.
    const atWork = setInterval(() => void this.sessions.prolong(session.id, lease).catch(() => false), this.sessions.prolongEveryMs);
    try {
      const storage = await this.driver.append(upload, hash ? hashing(bytes, hash) : bytes, { expectedBytes, ownsChunks: true });
      const whole = hash?.bytes === storage.offset ? hash : null;
      return { lease, storage, hash: whole, digestSoFar: whole?.digest() ?? null };
    } finally {
      clearInterval(atWork);
    }
  }

  /** Puts what was received on the session's row, and gives the lease back if told; throws `uploadSuperseded` where somebody has taken it over. */
  async record(id: string, { lease, storage, digestSoFar, hash }: Received, release: boolean): Promise<void> {
    if (!(await this.sessions.record(id, lease, { storage, digestSoFar, release }))) throw new RegistryError('uploadSuperseded');
    // Not before: what isn't on the row was perhaps never the session's.
    if (release) this.memory.keep(id, { storage, digestSoFar, hash });
  }

  /** Puts what was received under no lease on the session's row, if that is still as it began; false where it isn't. */
  async recordFirst({ name, id }: Target, began: UploadState, { release, ...received }: Received & { release: boolean }): Promise<boolean> {
    const { storage, digestSoFar, hash, lease } = received;
    const recorded = await this.sessions.recordFirst({ name, id, began, storage, digestSoFar, lease: release ? undefined : lease });
    if (recorded && release) this.memory.keep(id, { storage, digestSoFar, hash });
    return recorded;
  }

  /** What this process put on a session's row last, as far as it remembers; others may have written since. */
  recorded(id: string): SessionContent | undefined {
    return this.memory.find(id);
  }

  /** What a session began with that nobody has asked this process about since it was begun here; null for any other. Forgotten by that. */
  takeBegun(id: string): { readonly storage: UploadState; readonly algorithm: DigestAlgorithm } | null {
    const { storage, begunWith } = this.memory.find(id) ?? {};
    if (!storage || !begunWith) return null;
    this.memory.drop(id);
    return { storage, algorithm: begunWith };
  }

  /** True where the bytes lie in several pieces, which only a worker joins. */
  needsJoin(storage: UploadState): boolean {
    return this.driver.needsJoin(storage);
  }

  /** The object that the bytes are already, where nobody has been at them since; null where a commit has to make it one. */
  asObject(storage: UploadState): ArrivedObject | null {
    const object = this.driver.asObject(storage);
    return object && { ...object, leftovers: this.driver.leftovers(storage, object.key) };
  }

  /** Makes the bytes one object; `leftovers` are garbage once the row says that it is the blob. */
  async commit(storage: UploadState): Promise<ArrivedObject> {
    const object = await this.driver.commit(storage);
    return { ...object, leftovers: this.driver.leftovers(storage, object.key) };
  }

  /** Lets go of what this process remembers of a session. */
  forget(id: string): void {
    this.memory.drop(id);
  }

  private async open(
    name: RepositoryName,
    session: { readonly algorithm: DigestAlgorithm; readonly lease?: string },
  ): Promise<{ id: string; storage: UploadState }> {
    await this.disk.assertRoom();
    const id = uploadId();
    const storage = this.driver.begin(id);
    await this.sessions.begin(name, { id, storage, ...session });
    return { id, storage };
  }
}
