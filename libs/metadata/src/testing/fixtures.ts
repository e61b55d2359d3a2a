import { createHash, randomUUID } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { UploadState } from '#cas';
import { digestOf, mediaTypes, parseRepositoryName, parseTag, type Digest, type RepositoryName } from '#oci';
import type { ManifestReference, NewManifest } from '../shapes.js';
import type { UploadSessionStore } from '../uploads/upload-session-store.js';

/** A repository nobody else uses. */
export function aRepository(tenant = 'acme'): RepositoryName {
  return parseRepositoryName(`${tenant}/r${randomUUID()}`);
}

/** The digest of a text. */
export function digest(text: string | Buffer = randomUUID(), algorithm: 'sha256' | 'sha512' = 'sha256'): Digest {
  return digestOf(algorithm, createHash(algorithm).update(text).digest());
}

/** Begins a session in a repository nobody else uses, or in a given one. */
export async function beginSession(
  uploads: UploadSessionStore,
  { name = aRepository(), storage = { offset: 0, piece: 'a' } }: { name?: RepositoryName; storage?: UploadState } = {},
): Promise<{ name: RepositoryName; id: string }> {
  const id = randomUUID();
  await uploads.begin(name, { id, storage, algorithm: 'sha256' });
  return { name, id };
}

/** Takes the lease of an open session, which must be to be had. */
export async function leaseSession(uploads: UploadSessionStore, { name, id }: { name: RepositoryName; id: string }, offset?: number) {
  const outcome = await uploads.lease(name, id, offset);
  if (outcome.outcome !== 'leased') throw new Error(outcome.outcome);
  return outcome;
}

/** Begins a session and finishes it at once; answers the key of the bytes that were not really stored. */
export async function pushBlob(uploads: UploadSessionStore, name: RepositoryName, blob: Digest, size = 7): Promise<string> {
  const { id } = await beginSession(uploads, { name, storage: { offset: 0 } });
  const storageKey = `blobs/${id}`;
  await uploads.finalize(name, id, { digest: blob, size, storageKey });
  return storageKey;
}

/** A manifest with references to these digests; it is an index where the kind is child. */
export function aManifest(
  references: readonly Digest[],
  { kind = 'layer', tags = [], ...rest }: Partial<Omit<NewManifest, 'tags'>> & { kind?: ManifestReference['kind']; tags?: string[] } = {},
): NewManifest {
  const payload = Buffer.from(JSON.stringify([kind, randomUUID(), ...references]));
  return {
    digest: digest(payload),
    mediaType: kind === 'child' ? mediaTypes.ociIndex : mediaTypes.ociManifest,
    payload,
    references: references.map((reference) => ({ descriptor: { digest: reference, size: 7 }, kind, optional: false })),
    tags: tags.map(parseTag),
    ...(rest.subject && { referrerDescriptor: JSON.stringify({ digest: digest(payload) }) }),
    ...rest,
  };
}

/** Asks again and again until the answer is yes; throws after five seconds. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`still not so: ${condition.toString()}`);
    await turn();
  }
}

/** A port of 127.0.0.1 where nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
