import type { BufferBudget, Reservation } from '#cas';
import { RegistryError } from '#oci';
import type { RequestBody } from '../../edge/request-body.js';
import { reserve } from '../../edge/reserve.js';

/** The largest manifest taken, in bytes (distribution-spec, "Pushing Manifests", asks for 4 MiB at least). */
export const maxManifestBytes = 4 * 1024 * 1024;
/** As much as the connection buffers anyway: nearly every manifest, and none of them has to wait. */
const freeBytes = 64 * 1024;

/** Reads manifests, whose bytes are held in memory, within what all of them may hold together and within a time for each. */
export class PayloadReader {
  /** `patienceMilliseconds`: how long a request waits for its share of the memory, and how long its client may then keep it waiting in all. */
  constructor(
    private readonly memory: BufferBudget,
    private readonly patienceMilliseconds: number,
  ) {}

  /**
   * Hands the bytes, exactly as sent, to `work`; they count until that has ended. Throws `manifestTooLarge` as soon as that is known,
   * `uploadInterrupted` for half a body or one that takes too long, `busy`.
   */
  async read<T>(body: RequestBody, work: (payload: Buffer) => Promise<T>): Promise<T> {
    const { announced } = body;
    if (announced !== undefined && announced > maxManifestBytes) throw new RegistryError('manifestTooLarge', { contentLength: announced });
    const share = new Share(announced ?? maxManifestBytes, (bytes) => reserve(this.memory, bytes, this.patienceMilliseconds));
    try {
      if (announced !== undefined) await share.cover(announced);
      return await work(await this.gather(body, share));
    } finally {
      share.release();
    }
  }

  private async gather(body: RequestBody, share: Share): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body.chunks(this.patienceMilliseconds)) {
      size += chunk.length;
      if (size > maxManifestBytes) throw new RegistryError('manifestTooLarge', { limit: maxManifestBytes });
      await share.cover(size);
      chunks.push(chunk);
    }
    body.assertComplete();
    share.shrink(size);
    return Buffer.concat(chunks, size);
  }
}

/** What one request has of the memory: nothing while it is small, else all that it may come to need. */
class Share {
  private held: Reservation | null = null;

  constructor(
    private readonly most: number,
    private readonly take: (bytes: number) => Promise<Reservation>,
  ) {}

  async cover(bytes: number): Promise<void> {
    if (bytes > freeBytes) this.held ??= await this.take(this.most);
  }

  shrink(bytes: number): void {
    this.held?.shrink(bytes);
  }

  release(): void {
    this.held?.release();
  }
}
