import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { StorageDriver } from '#cas';
import { BlobStore } from '#metadata';
import type { Digest, RepositoryName } from '#oci';
import { fieldsOf, type JsonFields } from './json-fields.js';

/** Configs are small; a larger one is data under a config's name. */
const maxBytes = 4 * 1024 * 1024;

/** What configs that are remembered may take, as JSON and taken apart, which is some twenty times as much: one image is often pushed to many places, and content by digest never changes. */
const rememberedBytes = 32 * 1024 * 1024;
const takenApart = 20;

/** Reads config blobs as JSON. */
@Injectable()
export class ConfigReader {
  private readonly remembered = new LRUCache<Digest, JsonFields>({ maxSize: rememberedBytes });

  constructor(
    private readonly blobs: BlobStore,
    private readonly driver: StorageDriver,
  ) {}

  /** The config's JSON object; undefined where the blob is gone, too large, or something else. Throws StorageError. */
  async read(repository: RepositoryName, digest: Digest): Promise<JsonFields | undefined> {
    const known = this.remembered.get(digest);
    if (known) return known;
    const blob = await this.blobs.find(repository, digest);
    if (!blob || blob.size > maxBytes) return undefined;
    const reader = await this.driver.read(blob.storageKey);
    if (!reader) return undefined;
    const chunks: Buffer[] = [];
    // Copied: the reader's buffers are its own.
    for await (const chunk of reader) chunks.push(Buffer.from(chunk));
    const fields = parse(Buffer.concat(chunks));
    if (fields) this.remembered.set(digest, fields, { size: 1 + blob.size * takenApart });
    return fields;
  }
}

function parse(bytes: Buffer): JsonFields | undefined {
  try {
    return fieldsOf(JSON.parse(bytes.toString('utf8')));
  } catch {
    return undefined;
  }
}
