import { randomUUID } from 'node:crypto';
import type { UploadState } from '#cas';
import type { Digest, RepositoryName } from '#oci';
import type { Database } from '../database/database.js';
import { toBytes } from '../database/digest-bytes.js';
import { inRepository } from '../repositories/create-repository.js';
import type { ArrivedBlob, CompletedSession, FinalizeOutcome, LeaseOutcome, SessionContent, Settlement } from '../shapes.js';
import type { UploadSession, Verdict } from '../shapes.js';
import { discardObject, settleFailed, settleVerified } from './blob-arrival-statements.js';
import { sessionOf, type SessionRow } from './session-row.js';
import * as sql from './session-statements.js';
import { SessionBatches, type ArrivalGuard, type FirstContent, type NewSession } from './session-batches.js';
import { VerdictWaiter } from './verdict-waiter.js';

/** In seconds. */
export interface UploadTimes {
  readonly blobGraceSeconds?: number;
  readonly blobLingerSeconds?: number;
  readonly uploadExpirySeconds?: number;
}

/** Upload sessions from their beginning to a blob, or to nothing. A session of another repository is unknown. Ids are lower-case uuids. */
export class UploadSessionStore {
  private readonly verdicts: VerdictWaiter;
  protected readonly batches: SessionBatches;
  private readonly graceSeconds: number;
  private readonly lingerSeconds: number;
  private readonly expirySeconds: number;

  /** `uploadExpirySeconds`: how long an idle session lives; a day by default. `blobGraceSeconds`, `blobLingerSeconds`: as for CollectionStore. */
  constructor(
    protected readonly db: Database,
    { blobGraceSeconds = 86_400, blobLingerSeconds = 900, uploadExpirySeconds = 86_400 }: UploadTimes = {},
  ) {
    this.graceSeconds = blobGraceSeconds;
    this.lingerSeconds = blobLingerSeconds;
    this.expirySeconds = uploadExpirySeconds;
    this.verdicts = new VerdictWaiter(db);
    this.batches = new SessionBatches(db, { expiry: uploadExpirySeconds, grace: blobGraceSeconds, linger: blobLingerSeconds });
  }

  async begin(name: RepositoryName, session: Omit<NewSession, 'name'>): Promise<void> {
    await inRepository(this.db.main, name, () => this.batches.begin({ name, ...session }));
  }

  /** In whatever state it is. */
  async find(name: RepositoryName, id: string): Promise<UploadSession | null> {
    const [row] = await this.db.lazy.query<SessionRow>(sql.findSession, [id, name]);
    return row ? sessionOf(row) : null;
  }

  /** Takes the lease of an open session that stands at `offset`, or wherever it stands; the holder before, if any, can record nothing more. */
  async lease(name: RepositoryName, id: string, offset?: number): Promise<LeaseOutcome> {
    const lease = randomUUID();
    const values = [id, name, lease, offset ?? null];
    const [row] = await this.db.lazy.query<SessionRow & { lease: string | null; leased: boolean }>(sql.leaseSession, values);
    if (!row) return { outcome: 'unknown' };
    if (!row.leased) return { outcome: 'outOfOrder', offset: row.offset };
    return { outcome: 'leased', lease, session: sessionOf(row), takenOver: row.lease !== null };
  }

  /** Records durable progress; false where the lease was taken over or the session is open no more: what was written is not the session's. */
  async record(
    id: string,
    lease: string,
    { storage, digestSoFar, release }: SessionContent & { readonly release: boolean },
  ): Promise<boolean> {
    const digest = digestSoFar && toBytes(digestSoFar);
    const values = [id, lease, storage.offset, JSON.stringify(storage), digest, release, this.expirySeconds];
    return (await this.db.lazy.query(sql.recordProgress, values)).length > 0;
  }

  /** Records the first bytes of a session of which nobody has taken the lease; false: it isn't as it began, and they are not its, but to be discarded. */
  async recordFirst(content: FirstContent): Promise<boolean> {
    return (await this.batches.recordFirst(content)) ?? false;
  }

  /** Sends to the outbox what was stored apart from that session, unless it has become the session's, or a blob (`storageKey`: its object, if it is one). */
  async discard(sessionId: string, storage: UploadState, storageKey: string | null): Promise<void> {
    await this.db.lazy.query(sql.discardUpload, [randomUUID(), JSON.stringify(storage), sessionId, storageKey]);
  }

  /** Gives a session up, its bytes to the outbox; false where there is none (under the lease, if given) that has no verdict yet. */
  async cancel(name: RepositoryName, id: string, lease?: string): Promise<boolean> {
    return (await this.db.lazy.query(sql.cancelSession, [id, name, lease ?? null])).length > 0;
  }

  /** How often a holder at work should say so. */
  get prolongEveryMs(): number {
    return Math.min((this.expirySeconds * 1_000) / 4, 3_600_000);
  }

  /** Puts a session's expiry off while somebody is at work under that lease, or who comes first under none; false where the lease is another's. */
  async prolong(id: string, lease: string): Promise<boolean> {
    return (await this.db.lazy.query(sql.prolongSession, [id, lease, this.expirySeconds])).length > 0;
  }

  /** Makes the blob and its link out of an open session whose bytes the caller verified; `gone`: there is no such session as the guard says (any more). */
  async finalize(name: RepositoryName, id: string, arrival: ArrivedBlob & ArrivalGuard): Promise<FinalizeOutcome> {
    return (await this.batches.finalize({ name, id, ...arrival })) ?? 'gone';
  }

  /** Leaves the verdict on the claimed digest to a worker; false where the session is not open, or not under the given lease. */
  async complete(name: RepositoryName, id: string, { digest, lease }: { digest: Digest; lease?: string }): Promise<boolean> {
    const values = [id, name, toBytes(digest), this.expirySeconds, lease ?? null];
    return (await this.db.main.query(sql.completeSession, values)).length > 0;
  }

  /** What a worker must know to verify; null where nobody waits for a verdict. */
  async findCompleted(id: string): Promise<CompletedSession | null> {
    const [row] = await this.db.main.query<SessionRow>(sql.findCompleted, [id]);
    const session = row && sessionOf(row);
    return session?.claimed ? { name: session.repository, digest: session.claimed, storage: session.storage } : null;
  }

  /** A worker's verdict, with all it entails, in one transaction. Repeating it, or coming too late, leaves only the object to be removed. */
  async settle(id: string, settlement: Settlement): Promise<void> {
    if (!settlement.ok) {
      await this.db.main.query(settleFailed, [id, JSON.stringify(settlement satisfies Verdict)]);
      return;
    }
    const { digest, size, storageKey, leftovers = [] } = settlement;
    const verdict = JSON.stringify({ ok: true, digest } satisfies Verdict);
    const arrival = [toBytes(digest), size, storageKey, JSON.stringify(leftovers)];
    const values = [this.graceSeconds, this.lingerSeconds, id, verdict, ...arrival];
    await this.db.main.transaction(async (transaction) => {
      const settled = await transaction.query(settleVerified, values);
      if (settled.length === 0) await transaction.query(discardObject, [settlement.storageKey]);
    });
  }

  /** Resolves when all sessions have their rows. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Waits for a worker's verdict until the signal aborts; null: not yet, or there is nothing to wait for. */
  verdict(id: string, signal: AbortSignal): Promise<Verdict | null> {
    return this.verdicts.wait(id, signal);
  }

  /** Removes up to `limit` sessions past their time, and answers how many; the bytes of those without a verdict go to the outbox. */
  async expire(limit: number): Promise<number> {
    const [row] = await this.db.main.query<{ expired: number }>(sql.expireSessions, [limit]);
    return row?.expired ?? 0;
  }
}
