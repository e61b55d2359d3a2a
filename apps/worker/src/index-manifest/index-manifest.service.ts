import { Injectable } from '@nestjs/common';
import { parseManifest, type ParsedManifest } from '#manifest';
import { ManifestDetailStore, ManifestStore, type DrainResult, type OutboxRow, type StoredManifest } from '#metadata';
import { RegistryError, type RepositoryName } from '#oci';
import { forEachRow, type OutboxWork } from '../outbox/outbox-work.js';
import { ConfigReader } from './config-reader.js';
import { describeManifest, hasTellingConfig, type ManifestDescription } from './describe-manifest.js';
import { jsonbSafe } from './jsonb-safe.js';

/** Manifests read and described at once, so that their lookups and writes share statements; each may hold twice 4 MiB. */
const atOnce = 16;

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

  run(rows: readonly OutboxRow<'index-manifest'>[]): Promise<DrainResult> {
    return forEachRow(rows, atOnce, async ({ payload: { repository, digest } }) => {
      const manifest = await this.manifests.find(repository, { digest });
      if (!manifest) return;
      const { kind, details } = await this.#describe(repository, manifest);
      await this.details.put({ repository, digest, kind, details: jsonbSafe(details) as Record<string, unknown> });
    });
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

/** Null where rules have become stricter since the manifest was taken. */
function parsed(payload: Uint8Array, mediaType: string): ParsedManifest | null {
  try {
    return parseManifest(payload, mediaType);
  } catch (error) {
    if (error instanceof RegistryError) return null;
    throw error;
  }
}
