import { objectKey } from '../../storage-keys.js';
import { bytesOf, type S3Upload, type Tail } from './s3-upload.js';
import { withTails, type TailTools } from './tails.js';

/** The tails of an upload while it is being appended to. Those of the recorded state stay until the next one is: whoever resumes from it needs them. */
export class OpenTails {
  #tails: readonly Tail[];
  readonly #superseded: string[] = [];
  /** Those nobody else knows of. */
  readonly #made = new Set<string>();
  readonly #removing = new Set<Promise<void>>();

  constructor(
    upload: S3Upload,
    private readonly tools: TailTools,
  ) {
    this.#tails = upload.tails;
    if (upload.superseded.length > 0) this.#remove(upload.superseded);
  }

  get bytes(): number {
    return bytesOf(this.#tails);
  }

  get count(): number {
    return this.#tails.length;
  }

  async add(bytes: Buffer): Promise<void> {
    const key = objectKey();
    this.#made.add(key);
    const etag = await this.tools.bucket.put(key, bytes);
    this.#tails = [...this.#tails, { key, bytes: bytes.length, etag }];
  }

  /** Hands all tails over, to become part of something else. */
  take(): readonly Tail[] {
    const tails = this.#tails;
    this.#tails = [];
    return tails;
  }

  /** What they have become is stored. */
  supersede(tails: readonly Tail[]): void {
    const keys = tails.map(({ key }) => key);
    this.#superseded.push(...keys.filter((key) => !this.#made.has(key)));
    const own = keys.filter((key) => this.#made.delete(key));
    if (own.length > 0) this.#remove(own);
  }

  /** Takes all tails in one piece, to store them otherwise. */
  async rewrite(store: (bytes: Buffer) => Promise<void>): Promise<void> {
    const tails = this.take();
    await withTails(this.tools, tails, store);
    this.supersede(tails);
  }

  /** What the next state says. */
  async settle(): Promise<Pick<S3Upload, 'tails' | 'superseded'>> {
    await Promise.all(this.#removing);
    return { tails: this.#tails, superseded: this.#superseded };
  }

  /** Removes what was made in vain. */
  async discard(): Promise<void> {
    await Promise.all(this.#removing);
    await this.tools.bucket.delete([...this.#made]);
  }

  /** Beside everything else; what can't be removed is tried again by whoever goes on from the next state. */
  #remove(keys: readonly string[]): void {
    const removed = this.tools.bucket
      .delete(keys)
      .catch(() => void this.#superseded.push(...keys))
      .finally(() => this.#removing.delete(removed));
    this.#removing.add(removed);
  }
}
