import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { UploadState } from '#cas';
import type { Digest, DigestAlgorithm, RepositoryName } from '#oci';
import type { Database } from '../database/database.js';
import { isOutcomeNothing } from '../database/database-errors.js';
import { inRepository } from '../repositories/create-repository.js';
import type { ArrivedBlob, FinalizeOutcome, LeaseOutcome, SessionContent, UploadSession } from '../shapes.js';
import type { ArrivalGuard, FirstContent, NewSession } from './session-batches.js';
import { UploadSessionStore, type UploadTimes } from './upload-session-store.js';

/** What the row of a session will say. */
interface UnwrittenSession extends SessionContent {
  readonly id: string;
  readonly name: RepositoryName;
  readonly algorithm: DigestAlgorithm;
  readonly lease: string | null;
  /** Nobody has been at it: nothing is stored. */
  readonly untouched: boolean;
  /** When it began, by `performance.now()`. */
  readonly since: number;
}

/** Beyond these, new ones get their row at once. */
const most = 1_000;
/** A server that is silent for longer is asked, so that who begins a session hears whether there is one. */
const silenceMs = 1_000;
/** A row that the server did not take is written again after one second, then two, four … ; it is given up after a minute. */
const againMs = 1_000;
const longestMs = 60_000;

/**
 * Sessions whose rows are written only some milliseconds after they began: most have become blobs by then, and never need one. Until then they are
 * here, where alone everybody asks for them: this is for the one api process of an installation. What would be a statement on the row is done to what is
 * here, by the same rules; with the process go the sessions of those milliseconds, as unfinished ones may with PostgreSQL.
 */
export class WriteBehindSessionStore extends UploadSessionStore {
  private readonly unwritten = new Map<string, UnwrittenSession>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  /** On their way to a row or a blob; resolved when that is done, or they are back. */
  private readonly leaving = new Map<string, Promise<void>>();
  /** The server took no row when it was asked last: new sessions ask it, and hear so. */
  private refused = false;
  private closed = false;

  /** `delayMs`: how long after its beginning a session gets its row. */
  constructor(
    db: Database,
    times: UploadTimes,
    private readonly delayMs: number,
  ) {
    super(db, times);
  }

  override async begin(name: RepositoryName, session: Omit<NewSession, 'name'>): Promise<void> {
    if (!this.mayWait) return this.insert(name, session);
    const { id, storage, algorithm, lease = null } = session;
    this.keep({ id, name, storage, algorithm, lease, digestSoFar: null, untouched: true, since: performance.now() }, this.delayMs);
  }

  override find(name: RepositoryName, id: string): Promise<UploadSession | null> {
    return this.at(id, async (session) => {
      if (!session) return super.find(name, id);
      return session.name === name ? asRow(session) : null;
    });
  }

  override lease(name: RepositoryName, id: string, offset?: number): Promise<LeaseOutcome> {
    return this.at(id, async (session) => {
      if (!session) return super.lease(name, id, offset);
      if (session.name !== name) return { outcome: 'unknown' };
      const { offset: standing } = session.storage;
      if (offset !== undefined && offset !== standing) return { outcome: 'outOfOrder', offset: standing };
      const lease = randomUUID();
      this.change(session, { lease });
      return { outcome: 'leased', lease, session: asRow(session), takenOver: session.lease !== null };
    });
  }

  /** What came under a lease is more than anybody likes to send again, or not the first that came: it has its row before that is acknowledged. */
  override record(id: string, lease: string, progress: SessionContent & { readonly release: boolean }): Promise<boolean> {
    return this.at(id, async (session) => {
      if (!session) return super.record(id, lease, progress);
      const { storage, digestSoFar, release } = progress;
      if (session.lease !== lease || session.storage.offset > storage.offset) return false;
      await this.write(this.change(session, { storage, digestSoFar, lease: release ? null : lease }));
      return true;
    });
  }

  override recordFirst(content: FirstContent): Promise<boolean> {
    const { id, name, began, storage, digestSoFar, lease = null } = content;
    return this.at(id, async (session) => {
      if (!session) return super.recordFirst(content);
      if (session.name !== name || session.lease !== null || !isSame(session.storage, began)) return false;
      this.change(session, { storage, digestSoFar, lease });
      return true;
    });
  }

  override discard(sessionId: string, storage: UploadState, storageKey: string | null): Promise<void> {
    return this.at(sessionId, async (session) => {
      if (!session || !isSame(session.storage, storage)) await super.discard(sessionId, storage, storageKey);
    });
  }

  override cancel(name: RepositoryName, id: string, lease?: string): Promise<boolean> {
    return this.at(id, async (session) => {
      if (session && (session.name !== name || (lease !== undefined && session.lease !== lease))) return false;
      if (session?.untouched) return this.leave(session, () => Promise.resolve(true));
      if (session) await this.write(session);
      return super.cancel(name, id, lease);
    });
  }

  override prolong(id: string, lease: string): Promise<boolean> {
    return this.at(id, async (session) => {
      return session ? session.lease === null || session.lease === lease : super.prolong(id, lease);
    });
  }

  override finalize(name: RepositoryName, id: string, arrival: ArrivedBlob & ArrivalGuard): Promise<FinalizeOutcome> {
    return this.at(id, async (session) => {
      if (!session) return super.finalize(name, id, arrival);
      if (session.name !== name || !isAsExpected(session, arrival)) return 'gone';
      return this.leave(session, () => inRepository(this.db.main, name, () => this.batches.finalize({ ...arrival, id: null, name })));
    });
  }

  override complete(name: RepositoryName, id: string, claim: { digest: Digest; lease?: string }): Promise<boolean> {
    return this.at(id, async (session) => {
      if (session) await this.write(session);
      return super.complete(name, id, claim);
    });
  }

  override async close(): Promise<void> {
    this.closed = true;
    await Promise.all(this.leaving.values());
    await Promise.allSettled([...this.unwritten.values()].map((session) => this.write(session)));
  }

  /** Whether a new session is remembered, or gets its row at once. */
  private get mayWait(): boolean {
    const { main, lazy } = this.db;
    const answers = main.hasAnsweredWithin(silenceMs) || lazy.hasAnsweredWithin(silenceMs);
    return answers && !this.refused && !this.closed && this.unwritten.size + this.leaving.size < most;
  }

  /** Works on a session as it is now; on undefined where its row says how it stands, if it has one. Work has to change it before it waits for anything. */
  private at<T>(id: string, work: (session: UnwrittenSession | undefined) => Promise<T>): Promise<T> {
    const leaving = this.leaving.get(id);
    return leaving ? leaving.then(() => this.at(id, work)) : work(this.unwritten.get(id));
  }

  private keep(session: UnwrittenSession, untilMs: number): void {
    this.unwritten.set(session.id, session);
    if (this.closed) return;
    const due = () => {
      const last = this.unwritten.get(session.id)!;
      // Who needs the row will hear of it.
      this.write(last).catch(() => undefined);
    };
    this.timers.set(session.id, setTimeout(due, untilMs));
  }

  private change(session: UnwrittenSession, to: Partial<UnwrittenSession>): UnwrittenSession {
    const changed = { ...session, ...to, untouched: false };
    this.unwritten.set(session.id, changed);
    return changed;
  }

  private write(session: UnwrittenSession): Promise<void> {
    return this.leave(session, () => this.insert(session.name, session));
  }

  private async insert(name: RepositoryName, session: Omit<NewSession, 'name'>): Promise<void> {
    try {
      await super.begin(name, session);
      this.refused = false;
    } catch (error) {
      this.refused = true;
      throw error;
    }
  }

  /** It is here no more, and who asks for it meanwhile waits; back again where that has certainly come to nothing. */
  private leave<T>(session: UnwrittenSession, work: () => Promise<T>): Promise<T> {
    const { id } = session;
    this.unwritten.delete(id);
    clearTimeout(this.timers.get(id));
    this.timers.delete(id);
    const gone = work();
    const settled = () => void this.leaving.delete(id);
    const failed = (error: unknown) => {
      const age = performance.now() - session.since;
      if (age < longestMs && isOutcomeNothing(error)) this.keep(session, Math.max(againMs, age));
      settled();
    };
    this.leaving.set(id, gone.then(settled, failed));
    return gone;
  }
}

function asRow({ id, name, storage, digestSoFar, algorithm }: UnwrittenSession): UploadSession {
  return { id, repository: name, state: 'open', offset: storage.offset, storage, digestSoFar, algorithm, claimed: null, verdict: null };
}

function isSame(one: UploadState, other: UploadState): boolean {
  return one === other || isDeepStrictEqual(one, other);
}

/** As the statement that makes blobs looks at rows. */
function isAsExpected(session: UnwrittenSession, { lease, recorded }: ArrivalGuard): boolean {
  if (lease !== undefined && session.lease !== lease) return false;
  return !recorded || (session.lease === null && session.digestSoFar === recorded.digestSoFar && isSame(session.storage, recorded.storage));
}
