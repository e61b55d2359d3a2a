import type { UploadState } from '#cas';
import type { Digest, DigestAlgorithm, RepositoryName } from '#oci';
import type { ConnectionPool } from '../database/connection-pool.js';
import type { Database } from '../database/database.js';
import { toBytes } from '../database/digest-bytes.js';
import type { Statement } from '../database/statement.js';
import { WriteBatches } from '../database/write-batches.js';
import type { SendAll } from '../database/write-together.js';
import type { ArrivedBlob, FinalizeOutcome, SessionContent } from '../shapes.js';
import { finalizeSessions } from './blob-arrival-statements.js';
import { beginSessions, recordFirsts } from './session-statements.js';

const sessionsAtOnce = 64;

interface OfSession {
  readonly id: string;
  readonly name: RepositoryName;
}

/**
 * A session to be begun. `lease`: of whoever begins it for bytes of its own, so that nobody else can know of it yet; or of whoever is at work on one
 * that gets its row only now, with what it has got until then (`digestSoFar`: of all of that).
 */
export interface NewSession extends OfSession {
  readonly storage: UploadState;
  readonly digestSoFar?: Digest | null;
  readonly algorithm: DigestAlgorithm;
  readonly lease?: string | null;
}

/** The first bytes of a session: `began` is the state it is expected in, `lease` what it is under from then on. */
export interface FirstContent extends OfSession, SessionContent {
  readonly began: UploadState;
  readonly lease?: string;
}

/** How a session must stand to become a blob: under this lease; or holding just what was recorded last, with nobody at work on it. */
export interface ArrivalGuard {
  readonly lease?: string;
  readonly recorded?: SessionContent;
}

/** `id` null: of a session that has no row. */
export type Arrival = ArrivedBlob & ArrivalGuard & { readonly id: string | null; readonly name: RepositoryName };

/** In seconds. */
export interface SessionTimes {
  readonly expiry: number;
  readonly grace: number;
  readonly linger: number;
}

/** What requests to one process write on their sessions at the same time, in one statement. Each answers null where its session is none such. */
export class SessionBatches {
  private readonly begun: WriteBatches<NewSession, true | null>;
  private readonly first: WriteBatches<FirstContent, true | null>;
  private readonly arrived: WriteBatches<Arrival, Exclude<FinalizeOutcome, 'gone'> | null>;

  constructor({ lazy, main, unanswered }: Database, { expiry, grace, linger }: SessionTimes) {
    this.begun = together(unanswered.lazy, (sessions) => written(sessions, lazy, beginSessions, [...columnsOf(sessions, ofNew), expiry]));
    this.first = together(unanswered.lazy, (contents) => written(contents, lazy, recordFirsts, [...columnsOf(contents, ofFirst), expiry]));
    this.arrived = together(unanswered.main, async (arrivals) => {
      const values = [grace, linger, ...columnsOf(arrivals, ofArrival)];
      const rows = await main.arrays<[place: number, stored: boolean, healed: boolean]>(finalizeSessions, values);
      return inOrder(
        arrivals,
        rows.map(([place, stored, healed]) => [place, stored ? 'stored' : healed ? 'healed' : 'deduplicated']),
      );
    });
  }

  /** Null where the repository has no row yet. */
  begin(session: NewSession): Promise<true | null> {
    return this.begun.write(session);
  }

  recordFirst(content: FirstContent): Promise<true | null> {
    return this.first.write(content);
  }

  finalize(arrival: Arrival): Promise<Exclude<FinalizeOutcome, 'gone'> | null> {
    return this.arrived.write(arrival);
  }
}

/** Any of them, as each has a row of its own. */
function together<Item, Outcome>(most: number, send: SendAll<Item, Outcome>): WriteBatches<Item, Outcome> {
  return new WriteBatches({ keysOf: () => [], shareOf: () => 1 / sessionsAtOnce, send, most });
}

const bytesOf = (digest: Digest | null | undefined): Buffer | null => (digest ? toBytes(digest) : null);

const ofNew = ({ id, name, storage, digestSoFar, algorithm, lease }: NewSession): unknown[] => [
  id,
  name,
  JSON.stringify(storage),
  algorithm,
  lease ?? null,
  storage.offset,
  bytesOf(digestSoFar),
];

const ofFirst = ({ id, name, began, storage, digestSoFar, lease }: FirstContent): unknown[] => [
  id,
  name,
  JSON.stringify(began),
  storage.offset,
  JSON.stringify(storage),
  bytesOf(digestSoFar),
  lease ?? null,
];

const ofArrival = ({ id, name, digest, size, storageKey, leftovers, lease, recorded }: Arrival): unknown[] => [
  id,
  name,
  toBytes(digest),
  size,
  storageKey,
  leftovers?.length ? JSON.stringify(leftovers) : null,
  lease ?? null,
  recorded ? JSON.stringify(recorded.storage) : null,
  bytesOf(recorded?.digestSoFar),
];

/** Rows as `unnest` takes them. */
function columnsOf<Item>(items: readonly Item[], row: (item: Item) => unknown[]): unknown[][] {
  const rows = items.map(row);
  return rows[0]!.map((_, column) => rows.map((values) => values[column]));
}

/** Outcomes in the order of items, null for those without; places count from 1, as `with ordinality` does. */
function inOrder<Outcome>(items: readonly unknown[], rows: readonly (readonly [place: number, outcome: Outcome])[]): (Outcome | null)[] {
  const outcomes = new Map(rows);
  return items.map((_, i) => outcomes.get(i + 1) ?? null);
}

async function written(items: readonly unknown[], pool: ConnectionPool, statement: Statement, values: unknown[]): Promise<(true | null)[]> {
  const rows = await pool.arrays<[place: number]>(statement, values);
  return inOrder(
    items,
    rows.map(([place]) => [place, true]),
  );
}
