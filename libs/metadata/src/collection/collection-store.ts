import type { Database } from '../database/database.js';
import * as sql from './collection-statements.js';

/** What one batch came to: `reviewed` rows were looked at, `collected` ones are gone. */
export interface CollectedBatch {
  readonly reviewed: number;
  readonly collected: number;
}

/** What is, or would be, collected; `bytes`: of the blobs. */
export interface CollectionSum {
  readonly links: number;
  readonly blobs: number;
  readonly bytes: number;
}

/** What waits for its time: `reviews` of links for the grace, `objects` of collected blobs for the linger. */
export interface PendingCollection {
  readonly reviews: number;
  readonly nextReviewAt: Date | null;
  readonly objects: number;
  readonly nextObjectAt: Date | null;
}

/** How many reviews of links, or of blobs, are due now, and wait for their time; `oldest`: since when one is due. */
export interface ReviewCount {
  readonly kind: 'link' | 'blob';
  readonly due: number;
  readonly waiting: number;
  readonly oldest: Date | null;
}

/** Rows to go back as they came. */
interface ClaimedReviews {
  readonly ids: string[];
  readonly digests: Buffer[];
}

type ClaimedLinks = ClaimedReviews & { readonly repositories: string[] };

const nobody: CollectedBatch = { reviewed: 0, collected: 0 };

/**
 * Online collection: links that no manifest of their repository uses, then blobs without links, whose keys go to the outbox. Any number of
 * workers may collect at once, beside all writers; what is collected is absent for everybody in the same instant.
 */
export class CollectionStore {
  private readonly graceSeconds: number;
  private readonly lingerSeconds: number;

  /** `blobGraceSeconds`: as for BlobStore. `blobLingerSeconds`: how long the bytes stay for readers that have looked the key up; 900 by default. */
  constructor(
    private readonly db: Database,
    { blobGraceSeconds = 86_400, blobLingerSeconds = 900 }: { blobGraceSeconds?: number; blobLingerSeconds?: number } = {},
  ) {
    this.graceSeconds = blobGraceSeconds;
    this.lingerSeconds = blobLingerSeconds;
  }

  /** True where there is something to look at now; two probes of an index. */
  async due(): Promise<boolean> {
    const [row] = await this.db.main.query<{ due: boolean }>(sql.reviewsDue, []);
    return row?.due ?? false;
  }

  /** Works off up to `limit` due reviews of links. */
  collectLinks(limit: number): Promise<CollectedBatch> {
    return this.db.main.transaction(async (transaction) => {
      const [claimed] = await transaction.query<ClaimedLinks>(sql.claimLinks, [limit, this.graceSeconds]);
      if (!claimed?.ids.length) return nobody;
      const values = [claimed.ids, claimed.repositories, claimed.digests, this.graceSeconds];
      const [row] = await transaction.query<{ collected: number }>(sql.deleteLinks, values);
      return { reviewed: claimed.ids.length, collected: row?.collected ?? 0 };
    });
  }

  /** Works off up to `limit` due reviews of blobs; `bytes`: of those collected. */
  collectBlobs(limit: number): Promise<CollectedBatch & { bytes: number }> {
    return this.db.main.transaction(async (transaction) => {
      const [claimed] = await transaction.query<ClaimedReviews>(sql.claimBlobs, [limit]);
      if (!claimed?.ids.length) return { ...nobody, bytes: 0 };
      const values = [claimed.ids, claimed.digests, this.lingerSeconds];
      const [row] = await transaction.query<{ collected: number; bytes: number }>(sql.deleteBlobs, values);
      return { reviewed: claimed.ids.length, collected: row?.collected ?? 0, bytes: row?.bytes ?? 0 };
    });
  }

  /** What a collection would take now, summed up page by page; changes nothing. */
  async *estimate(pageSize = 1_000): AsyncGenerator<CollectionSum, void, void> {
    for (let page = await this.estimatePage(Buffer.alloc(0), pageSize); page; page = await this.estimatePage(page.last, pageSize)) {
      const { links, blobs, bytes } = page;
      yield { links, blobs, bytes };
    }
  }

  /** The collector's queue, of either kind. */
  counts(): Promise<ReviewCount[]> {
    return this.db.main.query<ReviewCount>(sql.countReviews, [['link', 'blob']]);
  }

  async pending(): Promise<PendingCollection> {
    const [row] = await this.db.main.query<{ reviews: number; next_review: Date | null; objects: number; next_object: Date | null }>(
      sql.pending,
      [],
    );
    const { reviews = 0, next_review: nextReviewAt = null, objects = 0, next_object: nextObjectAt = null } = row ?? {};
    return { reviews, nextReviewAt, objects, nextObjectAt };
  }

  private async estimatePage(after: Buffer, pageSize: number): Promise<(CollectionSum & { last: Buffer }) | null> {
    const values = [after, pageSize, this.graceSeconds];
    const [row] = await this.db.main.query<CollectionSum & { last: Buffer | null }>(sql.estimate, values);
    return row?.last ? { ...row, last: row.last } : null;
  }
}
