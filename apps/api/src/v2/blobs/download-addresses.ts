import type { StorageDriver } from '#cas';

/** Longest life of an address, seconds: a pull that is told where to go goes at once. */
const longestLife = 600;

/** Where clients are sent for the bytes of a blob instead of being served, where that is switched on and storage has addresses. */
export class DownloadAddresses {
  private readonly seconds: number;

  /** `lingerSeconds`: how long bytes outlive their blob; no address may live longer. */
  constructor(
    private readonly driver: StorageDriver,
    private readonly options: { readonly redirect: boolean; readonly lingerSeconds: number },
  ) {
    this.seconds = Math.min(longestLife, options.lingerSeconds);
  }

  /** Null: the bytes go through us. Throws StorageError where nothing could be signed. */
  async of({ size, storageKey }: { readonly size: number; readonly storageKey: string }): Promise<URL | null> {
    if (!this.options.redirect || !this.driver.presignRead || size === 0) return null;
    return this.driver.presignRead(storageKey, this.seconds);
  }
}
