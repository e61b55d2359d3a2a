import type { UploadState } from '#cas';
import type { DigestAlgorithm, RepositoryName } from '#oci';
import { fromBytes } from '../database/digest-bytes.js';
import type { UploadSession, UploadSessionState, Verdict } from '../shapes.js';

/** A row of upload_sessions as the statements answer it. */
export interface SessionRow {
  readonly id: string;
  readonly repository: RepositoryName;
  readonly state: UploadSessionState;
  readonly offset: number;
  readonly storage: UploadState;
  readonly digest_so_far: Buffer | null;
  readonly algorithm: DigestAlgorithm;
  readonly claimed: Buffer | null;
  readonly verdict: Verdict | null;
}

export function sessionOf(row: SessionRow): UploadSession {
  const { id, repository, state, offset, storage, algorithm, verdict } = row;
  const digestSoFar = row.digest_so_far && fromBytes(row.digest_so_far);
  return { id, repository, state, offset, storage, digestSoFar, algorithm, claimed: row.claimed && fromBytes(row.claimed), verdict };
}
