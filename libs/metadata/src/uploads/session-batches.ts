import type { UploadState } from '#cas';
import type { DigestAlgorithm, RepositoryName } from '#oci';
import { Batch } from '../database/batch.js';
import type { Database } from '../database/database.js';
import { toBytes } from '../database/digest-bytes.js';
import type { SessionContent } from '../shapes.js';
import { beginSessions, recordFirsts } from './session-statements.js';

/** A session to be begun. `lease`: of whoever begins it for bytes of its own, so that nobody else can know of it yet. */
export interface NewSession {
  readonly id: string;
  readonly name: RepositoryName;
  readonly storage: UploadState;
  readonly algorithm: DigestAlgorithm;
  readonly lease?: string;
}

/** The first bytes of a session: `began` is the state it is expected in, `lease` what it is under from then on. */
export interface FirstContent extends SessionContent {
  readonly id: string;
  readonly name: RepositoryName;
  readonly began: UploadState;
  readonly lease?: string;
}

/** What requests to one process write on their sessions at the same time, in one statement: each row is one request's own. */
export class SessionBatches {
  private readonly begun: Batch<NewSession, true>;
  private readonly first: Batch<FirstContent, true>;

  constructor(
    private readonly db: Database,
    private readonly expirySeconds: number,
  ) {
    this.begun = new Batch({ spell: ({ id }) => id, fetch: (sessions) => this.insert(sessions) });
    // Of two that bring different bytes to one session each hears what became of its own.
    this.first = new Batch({ spell: spellFirst, fetch: (contents) => this.update(contents) });
  }

  /** Null where the repository has no row yet. */
  begin(session: NewSession): Promise<true | null> {
    return this.begun.load(session);
  }

  /** Null where the session is not as it began, or somebody is at work on it. */
  recordFirst(content: FirstContent): Promise<true | null> {
    return this.first.load(content);
  }

  private async insert(sessions: NewSession[]): Promise<Map<string, true>> {
    const values = [
      sessions.map(({ id }) => id),
      sessions.map(({ name }) => name),
      sessions.map(({ storage }) => JSON.stringify(storage)),
      sessions.map(({ algorithm }) => algorithm),
      sessions.map(({ lease }) => lease ?? null),
      this.expirySeconds,
    ];
    const rows = await this.db.lazy.arrays<[id: string]>(beginSessions, values);
    return new Map(rows.map(([id]) => [id, true]));
  }

  private async update(contents: FirstContent[]): Promise<Map<string, true>> {
    // In order of id, or two batches could wait for each other.
    const sorted = contents.toSorted((one, other) => (one.id < other.id ? -1 : 1));
    const values = [
      sorted.map(({ id }) => id),
      sorted.map(({ name }) => name),
      sorted.map(({ began }) => JSON.stringify(began)),
      sorted.map(({ storage }) => storage.offset),
      sorted.map(({ storage }) => JSON.stringify(storage)),
      sorted.map(({ digestSoFar }) => digestSoFar && toBytes(digestSoFar)),
      sorted.map(({ lease }) => lease ?? null),
      this.expirySeconds,
    ];
    const rows = await this.db.lazy.arrays<[nr: number]>(recordFirsts, values);
    return new Map(rows.map(([nr]) => [spellFirst(sorted[nr - 1]!), true]));
  }
}

function spellFirst({ id, storage }: FirstContent): string {
  return `${id} ${JSON.stringify(storage)}`;
}
