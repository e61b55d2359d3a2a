import { Injectable } from '@nestjs/common';
import { StorageDriver, StorageError, type ByteRange, type ByteReader } from '#cas';
import { BlobStore } from '#metadata';
import { RegistryError, type Digest, type RepositoryName } from '#oci';

/** A blob that a repository may serve; `size` in bytes. */
export interface ReadableBlob {
  readonly size: number;
  readonly storageKey: string;
}

@Injectable()
export class BlobsService {
  constructor(
    private readonly blobs: BlobStore,
    private readonly driver: StorageDriver,
  ) {}

  /** Throws `blobUnknown`. */
  async get(name: RepositoryName, digest: Digest): Promise<ReadableBlob> {
    const blob = await this.blobs.find(name, digest);
    if (!blob) throw new RegistryError('blobUnknown', { name, digest });
    return blob;
  }

  /** The bytes; a row whose object is missing is a fault of the storage, never an absent blob. */
  async read(blob: ReadableBlob, range: ByteRange | null): Promise<ByteReader | []> {
    if (blob.size === 0) return [];
    // The row says how long the blob is: a file may be longer where a writer was overtaken.
    const reader = await this.driver.read(blob.storageKey, range ?? { start: 0, end: blob.size - 1 });
    if (!reader) throw new StorageError(`object ${blob.storageKey} is missing from storage`);
    return reader;
  }

  /** Takes the blob from this repository; throws `blobUnknown`, and `blobInUse` naming the manifests that need it. */
  async delete(name: RepositoryName, digest: Digest): Promise<void> {
    const result = await this.blobs.unlink(name, digest);
    if (result.outcome === 'unknown') throw new RegistryError('blobUnknown', { name, digest });
    if (result.outcome === 'inUse') throw new RegistryError('blobInUse', { digest, manifests: result.manifests });
  }
}
