import { StorageError, type DigestVerifier } from '#cas';
import type { BlobToVerify } from '#metadata';
import { algorithmOf } from '#oci';

/** What re-reading a blob came to; `unreadable`: storage failed, which says nothing about the bytes. */
export type Inspection = 'sound' | 'damaged' | 'missing' | 'unreadable';

export interface InspectionOptions {
  readonly bytesPerSecond: number;
  readonly signal: AbortSignal;
}

/** Hashes a blob's bytes again. A file may be longer than its blob (a writer that was overtaken went on in it), never shorter. */
export async function inspectBlob(
  verifier: DigestVerifier,
  { digest, size, storageKey }: BlobToVerify,
  { bytesPerSecond, signal }: InspectionOptions,
): Promise<Inspection> {
  try {
    const stored = await verifier.digest(storageKey, algorithmOf(digest), signal, { firstBytes: size, bytesPerSecond });
    if (!stored) return 'missing';
    return stored.digest === digest && stored.size === size ? 'sound' : 'damaged';
  } catch (error) {
    if (error instanceof StorageError) return 'unreadable';
    throw error;
  }
}
