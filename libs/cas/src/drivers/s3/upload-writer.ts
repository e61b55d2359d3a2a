import { setTimeout as delay } from 'node:timers/promises';
import type { PartialUpload } from '../../storage-driver.js';
import { objectKey } from '../../storage-keys.js';
import { BlobTooLargeError } from '../../upload-errors.js';
import type { Bucket } from './bucket.js';
import type { Gathered } from './part-gatherer.js';
import type { PartMemory } from './part-memory.js';
import type { PartShape } from './part-room.js';
import { aheadBytes, largestBlob, maxParts, minPartBytes, partBytes, type PartRule } from './part-rule.js';
import { bytesOf, type RecordedPart, type S3Upload, type Tail } from './s3-upload.js';
import { OpenTails } from './open-tails.js';
import { readTails } from './tails.js';

const partsAtOnce = 2;
/** Adding a tail is cheaper than merging tails, but a state must not grow without end. */
const maxTails = 64;
/** What may be spent on removing what was stored in vain. */
const tidyingMs = 2_000;

/** What a writer works with. `announcedBytes`: the length of the whole blob, 0 where it isn't known. */
export interface WriterTools {
  readonly bucket: Bucket;
  readonly memory: PartMemory;
  readonly rule: PartRule;
  readonly announcedBytes: number;
}

interface Started extends PartialUpload {
  readonly partBytes: number;
  readonly opaqueEtags: boolean;
}

/** Stores behind an upload what was gathered: as parts, two at once at most, or as tails. What it has stored counts once its state is recorded. */
export class UploadWriter {
  readonly #parts: RecordedPart[];
  readonly #tails: OpenTails;
  readonly #storing = new Set<Promise<void>>();
  #started: Promise<Started> | null = null;
  #nextPart: number;
  #failure: { readonly error: unknown } | null = null;

  constructor(
    private readonly upload: S3Upload,
    private readonly tools: WriterTools,
  ) {
    const { key, multipart } = upload;
    if (multipart) this.#started = Promise.resolve({ key, ...multipart });
    this.#parts = [...(multipart?.parts ?? [])];
    this.#nextPart = multipart?.nextPart ?? 1;
    this.#tails = new OpenTails(upload, tools);
  }

  /** Of the part to come: tails go before it. */
  shape(): PartShape {
    return { lead: this.#tails.bytes, partBytes: this.#partBytes, aheadBytes: aheadBytes(this.tools.rule) };
  }

  /** Makes a part of tails that are one already, since they would leave no room for anything behind them. */
  async prepare(): Promise<void> {
    if (this.#tails.bytes >= this.#leastPart) await this.#foldTails();
  }

  /** Takes what was gathered over and releases it once stored. Throws what storing failed with, also earlier. */
  async add(gathered: Gathered): Promise<void> {
    while (this.#storing.size >= partsAtOnce) await Promise.race(this.#storing);
    if (this.#isPart(gathered)) return this.#startPart(gathered);
    try {
      this.#assertWell();
      await this.#tails.add(gathered.memory.subarray(gathered.lead));
    } finally {
      gathered.release();
    }
    const several = this.#started !== null || this.#tails.count > 1;
    if (several && this.#tails.bytes >= this.#leastPart) await this.#foldTails();
    else if (this.#tails.count > maxTails) await this.#tails.rewrite((memory) => this.#tails.add(memory));
  }

  /** Waits for all that is being stored and answers the new state. */
  async finish(): Promise<S3Upload> {
    await Promise.all(this.#storing);
    this.#assertWell();
    const { tails, superseded } = await this.#tails.settle();
    const parts = this.#parts.toSorted((one, other) => one.number - other.number);
    const offset = bytesOf(parts) + bytesOf(tails);
    if (offset === this.upload.offset) return this.upload;
    const started = await this.#started;
    // Each state without parts has a key of its own, so that what is committed from an older one cannot meet it.
    if (!started) return { offset, key: objectKey(), multipart: null, tails, superseded };
    const { key, id, partBytes, opaqueEtags } = started;
    return { offset, key, multipart: { id, partBytes, parts, nextPart: this.#nextPart, opaqueEtags }, tails, superseded };
  }

  /** Removes what was stored in vain, as far as that succeeds: the sweep finds the rest. */
  async discard(): Promise<void> {
    await Promise.all(this.#storing);
    const started = this.upload.multipart ? null : await this.#started?.catch(() => null);
    const tidied = Promise.allSettled([this.#tails.discard(), started ? this.tools.bucket.multipart.abort(started) : null]);
    // A store that has just failed may not answer this either, and somebody waits to be told.
    await Promise.race([tidied, delay(tidyingMs, undefined, { ref: false })]);
  }

  get #leastPart(): number {
    return this.tools.rule.equal ? this.#partBytes : minPartBytes;
  }

  get #partBytes(): number {
    const { rule, announcedBytes } = this.tools;
    const fixed = rule.equal ? this.upload.multipart?.partBytes : undefined;
    return fixed ?? partBytes(rule, this.#nextPart, announcedBytes);
  }

  /** A body that ends before its first part left is an object, not an upload in parts. */
  #isPart({ memory, why }: Gathered): boolean {
    if (why === 'end' && !this.#started && this.#tails.count === 0) return false;
    return this.tools.rule.equal ? memory.length === this.#partBytes : memory.length >= minPartBytes;
  }

  #startPart(gathered: Gathered): void {
    const tails = gathered.lead > 0 ? this.#tails.take() : [];
    const stored = this.#storePart(gathered.memory, tails)
      .then(() => this.#tails.supersede(tails))
      .catch((error: unknown) => void (this.#failure ??= { error }))
      .finally(() => {
        gathered.release();
        this.#storing.delete(stored);
      });
    this.#storing.add(stored);
  }

  async #storePart(memory: Buffer, tails: readonly Tail[]): Promise<void> {
    this.#assertWell();
    const number = this.#takeNumber();
    const target = await (this.#started ??= this.#start());
    await readTails(this.tools.bucket, tails, memory);
    const etag = await this.tools.bucket.multipart.put(target, number, memory);
    this.#parts.push({ number, bytes: memory.length, etag });
  }

  async #start(): Promise<Started> {
    const partBytes = this.#partBytes;
    return { ...(await this.tools.bucket.multipart.start(this.upload.key)), partBytes };
  }

  #takeNumber(): number {
    if (this.#nextPart > maxParts) throw new BlobTooLargeError(largestBlob(this.tools.rule));
    return this.#nextPart++;
  }

  /** Tails become a part, and a tail where parts of one size leave a rest. */
  async #foldTails(): Promise<void> {
    const partBytes = this.tools.rule.equal ? this.#partBytes : Infinity;
    await this.#tails.rewrite(async (memory) => {
      await this.#storePart(memory.subarray(0, partBytes), []);
      if (memory.length > partBytes) await this.#tails.add(memory.subarray(partBytes));
    });
  }

  #assertWell(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
