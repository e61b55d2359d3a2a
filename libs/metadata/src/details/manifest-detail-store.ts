import type { Digest, RepositoryName } from '#oci';
import { Batch } from '../database/batch.js';
import type { Database } from '../database/database.js';
import { toBytes } from '../database/digest-bytes.js';
import type { ManifestDetail } from '../shapes.js';
import { writeDetails } from './detail-statements.js';
import { storableJson } from './storable-json.js';

const spell = ({ repository, digest }: ManifestDetail): string => `${repository}@${digest}`;
/** Details are some KB each as a rule, and may have some hundred. */
const writtenAtOnce = 64;

/** What workers read out of manifests, their configs and annotations. */
export class ManifestDetailStore {
  private readonly writes: Batch<ManifestDetail, true>;

  constructor(private readonly db: Database) {
    this.writes = new Batch({ spell, fetch: (details) => this.write(details), maxSize: writtenAtOnce });
  }

  async find(name: RepositoryName, digest: Digest): Promise<ManifestDetail | null> {
    const row = await this.db.withPrisma((prisma) =>
      prisma.manifestDetail.findFirst({ where: { digest: toBytes(digest), manifest: { repository: { name } } } }),
    );
    return row && { repository: name, digest, kind: row.kind, details: row.details as ManifestDetail['details'] };
  }

  /** Writes or replaces what is known of a manifest; false where it is gone. What jsonb refuses is left out of `details`. Writes at once share a statement. */
  async put(detail: ManifestDetail): Promise<boolean> {
    return (await this.writes.load(detail)) !== null;
  }

  private async write(details: ManifestDetail[]): Promise<Map<string, true>> {
    // Not flushed by itself: whoever takes away the work's row later, and has that flushed, has these flushed before it.
    const rows = await this.db.lazy.arrays<[ordinality: number]>(writeDetails, [
      details.map(({ repository }) => repository),
      details.map(({ digest }) => toBytes(digest)),
      details.map(({ kind }) => kind),
      details.map((detail) => storableJson(detail.details)),
    ]);
    return new Map(rows.map(([ordinality]) => [spell(details[ordinality - 1]!), true]));
  }
}
