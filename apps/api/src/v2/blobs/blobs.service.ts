import { Injectable } from '@nestjs/common';
import { StorageDriver, StorageError, type ByteRange, type ByteReader } from '#cas';
import { BlobStore, DamageStore } from '#metadata';
import { RegistryError, type Digest, type RepositoryName } from '#oci';
import { SmallBlobs } from './small-blobs.js';

/** A blob that a repository may serve; `size` in bytes. */
export interface ReadableBlob {
  readonly digest: Digest;
  readonly size: number;
  readonly storageKey: string;
}

@Injectable()
export class BlobsService {
  private readonly small = new SmallBlobs();

  constructor(
    private readonly blobs: BlobStore,
    private readonly driver: StorageDriver,
    private readonly damage: DamageStore,
  ) {}

  /** Throws `blobUnknown`. */
  async get(name: RepositoryName, digest: Digest): Promise<ReadableBlob> {
    const blob = await this.blobs.find(name, digest);
    if (!blob) throw new RegistryError('blobUnknown', { name, digest });
    return { ...blob, digest };
  }

  /** The bytes. A blob whose object is missing counts as damaged from now on: absent for everybody, until the next push of it heals it. */
  async read(blob: ReadableBlob, range: ByteRange | null): Promise<ByteReader | readonly Uint8Array[]> {
    if (blob.size === 0) return [];
    // The row says how long the blob is: a file may be longer where a writer was overtaken.
    const whole = { start: 0, end: blob.size - 1 };
    if (!this.small.fits(blob.size)) return this.open(blob, range ?? whole);
    const bytes = this.small.get(blob.storageKey) ?? (await this.small.keep(blob.storageKey, blob.size, await this.open(blob, whole)));
    return [range ? bytes.subarray(range.start, range.end + 1) : bytes];
  }

  private async open(blob: ReadableBlob, range: ByteRange): Promise<ByteReader> {
    return (await this.driver.read(blob.storageKey, range)) ?? this.missing(blob);
  }

  private async missing({ digest, storageKey }: ReadableBlob): Promise<never> {
    // A disk that isn't mounted misses everything, which says nothing about this blob.
    for await (const _object of this.driver.list('')) {
      await this.damage.mark({ digest, storageKey });
      throw new RegistryError('blobUnknown', { digest, reason: 'its bytes are missing from storage; push it again' });
    }
    throw new StorageError('storage holds nothing at all');
  }

  /** Takes the blob from this repository; throws `blobUnknown`, and `blobInUse` naming the manifests that need it. */
  async delete(name: RepositoryName, digest: Digest): Promise<void> {
    const result = await this.blobs.unlink(name, digest);
    if (result.outcome === 'unknown') throw new RegistryError('blobUnknown', { name, digest });
    if (result.outcome === 'inUse') throw new RegistryError('blobInUse', { digest, manifests: result.manifests });
  }
}
