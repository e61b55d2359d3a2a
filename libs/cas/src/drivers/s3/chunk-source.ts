import { freeChunk } from '../../buffers/free-chunk.js';
import type { AppendOptions, ByteSource } from '../../storage-driver.js';

/** Pulls a source chunk by chunk, each to be taken in pieces. A chunk asked for and not come yet outlives whoever waited for it. */
export class ChunkSource {
  readonly #iterator: AsyncIterator<Uint8Array>;
  /** Asked for and not come yet. */
  #pulling = false;
  #failure: { readonly error: unknown } | null = null;
  /** What the last wait was to be given up for; subscribed to once, however many chunks it outlives. */
  #unless: Promise<unknown> | undefined;
  #givenUp = false;
  #wake: () => void = () => undefined;
  #chunk: Uint8Array = Buffer.alloc(0);
  /** The chunk as it came. */
  #whole: Uint8Array = Buffer.alloc(0);
  #ended = false;
  #pulled = 0;

  readonly #announced: number;
  readonly #ownsChunks: boolean;

  constructor(source: ByteSource, { expectedBytes = Infinity, ownsChunks = false }: AppendOptions = {}) {
    this.#announced = expectedBytes;
    this.#ownsChunks = ownsChunks;
    this.#iterator = source[Symbol.asyncIterator]();
  }

  get ended(): boolean {
    return this.#ended && this.#chunk.length === 0;
  }

  /** Bytes of the chunk at hand. */
  get atHand(): number {
    return this.#chunk.length;
  }

  /** Bytes not taken yet; infinite where nothing was announced, or more came than that. */
  get expected(): number {
    return this.#pulled > this.#announced ? Infinity : this.#announced - this.#pulled + this.#chunk.length;
  }

  /** True once bytes are at hand or the source has ended; false where `unless` resolves before. Throws what the source throws. */
  async ready(unless?: Promise<unknown>): Promise<boolean> {
    if (unless && unless !== this.#unless) this.#watch(unless);
    for (;;) {
      if (this.#chunk.length > 0 || this.#ended) return true;
      if (this.#failure) throw this.#failure.error;
      if (unless && this.#givenUp) return false;
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      this.#pull();
      await woken;
    }
  }

  /** Up to that many bytes of the chunk at hand; to be copied before more is waited for. */
  take(bytes: number): Uint8Array {
    const taken = this.#chunk.subarray(0, bytes);
    this.#chunk = this.#chunk.subarray(taken.length);
    return taken;
  }

  /** Lets go of the source. */
  async close(): Promise<void> {
    if (this.#ended) return;
    const returned = Promise.resolve(this.#iterator.return?.());
    // A source that has been asked for bytes cannot end before they come, and nobody waits for them any more.
    if (this.#pulling) returned.catch(() => undefined);
    else await returned;
  }

  #watch(unless: Promise<unknown>): void {
    this.#unless = unless;
    this.#givenUp = false;
    void unless.then(() => {
      if (this.#unless !== unless) return;
      this.#givenUp = true;
      this.#wake();
    });
  }

  #pull(): void {
    if (this.#pulling) return;
    this.#pulling = true;
    if (this.#ownsChunks) freeChunk(this.#whole);
    this.#iterator
      .next()
      .then(
        (arrived) => {
          if (arrived.done) this.#ended = true;
          else this.#accept(arrived.value);
        },
        (error: unknown) => {
          this.#failure = { error };
        },
      )
      .finally(() => {
        this.#pulling = false;
        this.#wake();
      });
  }

  #accept(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#whole = chunk;
    this.#pulled += chunk.length;
  }
}
