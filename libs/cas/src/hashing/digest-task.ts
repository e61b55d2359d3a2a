import type { Digest, DigestAlgorithm } from '#oci';

/** How much of an object to read: `firstBytes` of it, or all; and how fast: `bytesPerSecond`, or as fast as storage can. */
export interface DigestPace {
  readonly firstBytes?: number;
  readonly bytesPerSecond?: number;
}

/** What a digest thread is asked. */
export interface DigestTask extends DigestPace {
  readonly key: string;
  readonly algorithm: DigestAlgorithm;
}

/** What it answers; plain data, since an error would lose its class on the way between threads. */
export type DigestAnswer =
  | { readonly outcome: 'hashed'; readonly digest: Digest; readonly size: number }
  | { readonly outcome: 'missing' }
  | { readonly outcome: 'failed'; readonly message: string };
