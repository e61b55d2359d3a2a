import type { StorageDriver, StoredObject } from '#cas';
import type { BlobToVerify, Orphan, OrphanStore } from '#metadata';
import type { Pace } from '../maintenance/pace.js';

/** One share of the keys, compared. */
export interface ShareFindings {
  readonly objects: number;
  readonly bytes: number;
  readonly orphans: readonly Orphan[];
  /** Blobs whose object is missing or too short. */
  readonly damaged: readonly BlobToVerify[];
}

/** `youngest`: what was modified after it is left alone. */
export interface ShareOptions {
  readonly prefix: string;
  readonly youngest: Date;
  readonly pace: Pace;
  readonly signal: AbortSignal;
}

const page = 1_000;
/** Sorts behind every character of a key. */
const end = '\u{7f}';

/** Compares objects with rows in both directions, one share of the keys at a time. */
export class ShareComparison {
  constructor(
    private readonly driver: StorageDriver,
    private readonly orphans: OrphanStore,
  ) {}

  async compare(options: ShareOptions): Promise<ShareFindings> {
    const sizes = new Map<string, number>();
    const old: StoredObject[] = [];
    let bytes = 0;
    for await (const object of this.driver.list(options.prefix)) {
      await options.pace.spend(1, options.signal);
      sizes.set(object.key, object.size);
      bytes += object.size;
      if (object.modifiedAt && object.modifiedAt <= options.youngest) old.push(object);
    }
    return { objects: sizes.size, bytes, orphans: await this.#orphansAmong(old), damaged: await this.#damagedBesides(sizes, options) };
  }

  async #orphansAmong(objects: readonly StoredObject[]): Promise<Orphan[]> {
    const found: Orphan[] = [];
    for (let at = 0; at < objects.length; at += page) {
      const some = objects.slice(at, at + page);
      const orphans = await this.orphans.find(some.map(({ key }) => key));
      found.push(...some.filter(({ key }) => orphans.has(key)).map(({ key, size }) => ({ key, size, upload: '' })));
    }
    return found;
  }

  /** What the listing lacks is asked for by itself: it may have come since, or a listing may have missed it. */
  async #damagedBesides(sizes: ReadonlyMap<string, number>, { prefix, pace, signal }: ShareOptions): Promise<BlobToVerify[]> {
    const damaged: BlobToVerify[] = [];
    let blobs: BlobToVerify[];
    let from = prefix;
    do {
      blobs = await this.orphans.blobsBetween(from, prefix + end, page);
      for (const blob of blobs.filter(({ storageKey, size }) => (sizes.get(storageKey) ?? -1) < size)) {
        await pace.spend(1, signal);
        const object = await this.driver.stat(blob.storageKey);
        // Collected meanwhile, or healed: nobody misses these bytes.
        if ((object?.size ?? -1) < blob.size && (await this.orphans.isCurrent(blob))) damaged.push(blob);
      }
      from = blobs.at(-1)?.storageKey ?? from;
    } while (blobs.length === page);
    return damaged;
  }
}
