import type { Digest, RepositoryName, Tag } from '#oci';
import type { Database } from '../database/database.js';
import { toBytes } from '../database/digest-bytes.js';
import { recordManifestPulls, recordTagPulls } from './pull-statements.js';

/** The last pull of a tag, and of a manifest; `secondsAgo` counts from now. */
export interface TagPull {
  readonly name: RepositoryName;
  readonly tag: Tag;
  readonly secondsAgo: number;
}
export interface ManifestPull {
  readonly name: RepositoryName;
  readonly digest: Digest;
  readonly secondsAgo: number;
}

/** When tags and manifests were pulled last, to the minute and the hour; a hint for retention, so commits don't wait for the disk. */
export class PullStore {
  constructor(private readonly db: Database) {}

  /** Each tag and manifest once. What is gone, or in somebody's hands at the moment, is left out. */
  async record(tags: readonly TagPull[], manifests: readonly ManifestPull[]): Promise<void> {
    if (tags.length > 0)
      await this.db.lazy.query(recordTagPulls, [names(tags), tags.map(({ tag }) => tag), tags.map(({ secondsAgo }) => secondsAgo)]);
    if (manifests.length > 0) {
      const digests = manifests.map(({ digest }) => toBytes(digest));
      await this.db.lazy.query(recordManifestPulls, [names(manifests), digests, manifests.map(({ secondsAgo }) => secondsAgo)]);
    }
  }
}

const names = (pulls: readonly { name: RepositoryName }[]): RepositoryName[] => pulls.map(({ name }) => name);
