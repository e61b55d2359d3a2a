import { RegistryError } from '#oci';
import type { RequestBody } from '../../edge/request-body.js';

/** The largest manifest taken, in bytes (distribution-spec, "Pushing Manifests", asks for 4 MiB at least). */
export const maxManifestBytes = 4 * 1024 * 1024;

/** Reads a manifest's bytes exactly as sent; throws `manifestTooLarge` as soon as that is known, `uploadInterrupted` for half a body. */
export async function readPayload(body: RequestBody): Promise<Buffer> {
  if ((body.announced ?? 0) > maxManifestBytes) throw new RegistryError('manifestTooLarge', { contentLength: body.announced });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body.chunks()) {
    size += chunk.length;
    if (size > maxManifestBytes) throw new RegistryError('manifestTooLarge', { limit: maxManifestBytes });
    chunks.push(chunk);
  }
  body.assertComplete();
  return Buffer.concat(chunks, size);
}
