import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { StorageDriver, uploadId, type ByteSource, type UploadState } from '#cas';
import { UploadSessionStore } from '#metadata';
import { RegistryError } from '#oci';
import { assertWhole } from './limited.js';
import { UploadReceiver, type Chunk, type Leased, type Received, type Target } from './upload-receiver.js';

/** Up to here it costs little to store a body in vain, and to read it back, where asking first would have told. */
const smallBytes = 1024 * 1024;
/** A body that was longer under way may have been sent again meanwhile: then the later one is the session's, as if that had taken the lease. */
const freshMs = 1_000;

/** A body that is received before anybody has asked whether its session wants it: `began` is what the session is expected to be still. */
export interface FirstBody {
  readonly target: Target;
  readonly began: UploadState;
  readonly since: number;
  readonly chunk: Chunk;
  /** As if under a lease, but nobody has granted it; its storage is an upload apart from the session. */
  readonly apart: Leased;
}

/**
 * The first bytes of a session that this process began a moment ago: most likely nobody else has been at it, so that a small body takes no
 * lease. It is stored under a key that is no session's, and one statement makes it the session's first bytes, or finds that somebody was there
 * before. Bytes, then the row: what a crash leaves in between is an object without a row.
 */
@Injectable()
export class FirstBytes {
  constructor(
    private readonly sessions: UploadSessionStore,
    private readonly driver: StorageDriver,
    private readonly receiver: UploadReceiver,
  ) {}

  /** Null where the lease is to be taken first. A second body does not find what is remembered, and takes it. */
  async expect(target: Target, chunk: Chunk): Promise<FirstBody | null> {
    const { body, range } = chunk;
    // Who asks whether the body is wanted shall hear it before.
    if (body.empty || body.awaited || (range?.start ?? 0) !== 0) return null;
    const length = await body.length();
    if (!length || length > smallBytes) return null;
    const begun = this.receiver.takeBegun(target.id);
    if (!begun) return null;
    const session = { id: target.id, offset: 0, storage: this.driver.begin(uploadId()), digestSoFar: null, algorithm: begun.algorithm };
    return { target, began: begun.storage, since: performance.now(), chunk, apart: { lease: randomUUID(), session, takenOver: false } };
  }

  /** Throws `storageFull`; a body that ends early or too long is for the caller to judge. */
  async receive({ apart, chunk }: FirstBody): Promise<Received> {
    try {
      return await this.receiver.receive(apart, chunk);
    } catch (error) {
      // No row has ever named it. Nobody waits for that: storage that failed may fail again, and what is left the sweep finds.
      void this.driver.abort(apart.session.storage).catch(() => undefined);
      throw error;
    }
  }

  /**
   * Makes what was received the session's, and keeps the session under the body's lease unless told to release it. Where somebody else was first,
   * a whole body comes behind his, as if it had only just been sent; then, if not released, it is not on the row yet. Null where there is no open
   * session. Throws `uploadOutOfOrder`, and `uploadSuperseded` where another request to this process has recorded meanwhile, or this one took long.
   */
  async record(body: FirstBody, received: Received, release: boolean): Promise<Received | null> {
    if (await this.receiver.recordFirst(body.target, body.began, { ...received, release })) return received;
    try {
      return await this.comeBehind(body, received, release);
    } finally {
      // What can't be discarded the sweep finds; the answer is about the session.
      await this.sessions
        .discard(body.target.id, received.storage, this.receiver.asObject(received.storage)?.key ?? null)
        .catch(() => undefined);
    }
  }

  private async comeBehind({ target, chunk, since }: FirstBody, { storage }: Received, release: boolean): Promise<Received | null> {
    assertWhole(chunk.body, chunk.range, storage.offset);
    if (performance.now() - since > freshMs || this.receiver.recorded(target.id)) throw new RegistryError('uploadSuperseded');
    const leased = await this.receiver.lease(target, chunk.range?.start);
    if (!leased) return null;
    const { key, size } = await this.driver.commit(storage);
    const received = await this.receiver.store(leased, this.bytesOf(key), { expectedBytes: size, algorithm: chunk.algorithm });
    if (release) await this.receiver.record(target.id, received, true);
    return received;
  }

  private async *bytesOf(key: string): ByteSource {
    const reader = await this.driver.read(key);
    if (!reader) throw new RegistryError('unavailable');
    // What a reader gives is its own, and gone with the next chunk.
    for await (const chunk of reader) yield Buffer.from(chunk);
  }
}
