import { Injectable } from '@nestjs/common';
import { parseManifest, type ParsedManifest } from '#manifest';
import { ManifestDetailStore, ManifestStore, type DrainResult, type OutboxRow, type StoredManifest } from '#metadata';
import { RegistryError, type RepositoryName } from '#oci';
import { forEachRow, type OutboxWork } from '../outbox/outbox-work.js';
import { ConfigReader } from './config-reader.js';
import { describeManifest, hasTellingConfig, type ManifestDescription } from './describe-manifest.js';
import { jsonbSafe } from './jsonb-safe.js';

/** What is read and described at once, so that lookups and writes share statements; each manifest may be held twice. */
const atOnce = { rows: 64, bytes: 64 * 1_048_576 };
/** What a manifest may have at most, where its row does not say. */
const largest = 4 * 1_048_576;

/** Reads out of manifests and their configs what people are shown of them. Nothing a client pushed makes a row fail: what can be known is written. */
@Injectable()
export class IndexManifestService implements OutboxWork<'index-manifest'> {
  readonly kind = 'index-manifest';
  readonly batch = 200;
  readonly lanes = 1;

  constructor(
    private readonly manifests: ManifestStore,
    private readonly configs: ConfigReader,
    private readonly details: ManifestDetailStore,
  ) {}

  async run(rows: readonly OutboxRow<'index-manifest'>[]): Promise<DrainResult> {
    const results: DrainResult[] = [];
    for (const group of groupsOf(rows)) results.push(await forEachRow(group, group.length, (row) => this.#index(row)));
    return { done: results.flatMap(({ done }) => done), failed: results.flatMap(({ failed }) => failed) };
  }

  async #index({ payload: { repository, digest } }: OutboxRow<'index-manifest'>): Promise<void> {
    const manifest = await this.manifests.read(repository, digest);
    if (!manifest) return;
    const { kind, details } = await this.#describe(repository, manifest);
    await this.details.put({ repository, digest, kind, details: jsonbSafe(details) as Record<string, unknown> });
  }

  async #describe(repository: RepositoryName, { payload, mediaType, size }: StoredManifest): Promise<ManifestDescription> {
    const manifest = parsed(payload, mediaType);
    if (!manifest) return { kind: 'other', details: { platforms: [], totalSize: size, labels: {}, annotations: {} } };
    const { config } = manifest;
    return describeManifest(
      manifest,
      config && hasTellingConfig(manifest) ? await this.configs.read(repository, config.digest) : undefined,
    );
  }
}

function* groupsOf(rows: readonly OutboxRow<'index-manifest'>[]): Generator<OutboxRow<'index-manifest'>[]> {
  let group: OutboxRow<'index-manifest'>[] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = row.payload.size ?? largest;
    if (group.length === atOnce.rows || bytes + size > atOnce.bytes) {
      yield group;
      [group, bytes] = [[], 0];
    }
    group.push(row);
    bytes += size;
  }
  if (group.length > 0) yield group;
}

/** Null where rules have become stricter since the manifest was taken. */
function parsed(payload: Uint8Array, mediaType: string): ParsedManifest | null {
  try {
    return parseManifest(payload, mediaType);
  } catch (error) {
    if (error instanceof RegistryError) return null;
    throw error;
  }
}
