import type { Digest, DigestAlgorithm } from '#oci';

/** What a digest thread is asked. */
export interface DigestTask {
  readonly key: string;
  readonly algorithm: DigestAlgorithm;
}

/** What it answers; plain data, since an error would lose its class on the way between threads. */
export type DigestAnswer =
  | { readonly outcome: 'hashed'; readonly digest: Digest; readonly size: number }
  | { readonly outcome: 'missing' }
  | { readonly outcome: 'failed'; readonly message: string };
