import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { joined, StorageDriver } from '#cas';
import { BlobStore } from '#metadata';
import type { Digest, RepositoryName } from '#oci';
import { fieldsOf, type JsonFields } from './json-fields.js';

/** Configs are small; a larger one is data under a config's name. */
const maxBytes = 4 * 1024 * 1024;

/** What is read at once. */
const inHandBytes = 32 * 1024 * 1024;

/** What configs that are remembered may take, as JSON and taken apart, which is some twenty times as much: one image is often pushed to many places, and content by digest never changes. */
const rememberedBytes = 32 * 1024 * 1024;
const takenApart = 20;

/** Reads config blobs as JSON. */
@Injectable()
export class ConfigReader {
  /** `none`: it is no JSON object, and never will be. */
  private readonly remembered = new LRUCache<Digest, JsonFields | 'none'>({ maxSize: rememberedBytes });

  #inHand = 0;
  #left = Promise.withResolvers<void>();

  constructor(
    private readonly blobs: BlobStore,
    private readonly driver: StorageDriver,
  ) {}

  /** The config's JSON object; undefined where the blob is gone, too large, or something else. Throws StorageError. */
  async read(repository: RepositoryName, digest: Digest): Promise<JsonFields | undefined> {
    const known = this.remembered.get(digest);
    if (known) return known === 'none' ? undefined : known;
    const blob = await this.blobs.find(repository, digest);
    if (!blob || blob.size > maxBytes) return undefined;
    const bytes = await this.#inTurn(blob.size, () => this.#bytesOf(blob.storageKey));
    if (!bytes) return undefined;
    const fields = parse(bytes);
    this.remembered.set(digest, fields ?? 'none', { size: 1 + (fields ? blob.size * takenApart : 0) });
    return fields;
  }

  async #bytesOf(key: string): Promise<Buffer | null> {
    const reader = await this.driver.read(key);
    return reader && joined(reader);
  }

  async #inTurn<T>(bytes: number, read: () => Promise<T>): Promise<T> {
    while (this.#inHand > 0 && this.#inHand + bytes > inHandBytes) await this.#left.promise;
    this.#inHand += bytes;
    try {
      return await read();
    } finally {
      this.#inHand -= bytes;
      this.#left.resolve();
      this.#left = Promise.withResolvers();
    }
  }
}

function parse(bytes: Buffer): JsonFields | undefined {
  try {
    return fieldsOf(JSON.parse(bytes.toString('utf8')));
  } catch {
    return undefined;
  }
}
