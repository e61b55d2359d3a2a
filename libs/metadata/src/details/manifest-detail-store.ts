import type { Digest, RepositoryName } from '#oci';
import type { Database } from '../database/database.js';
import { toBytes } from '../database/digest-bytes.js';
import type { ManifestDetail } from '../shapes.js';
import { isForeignKeyError } from './foreign-key-error.js';
import { toStorableJson } from './storable-json.js';

/** What workers read out of manifests, their configs and annotations. */
export class ManifestDetailStore {
  constructor(private readonly db: Database) {}

  async find(name: RepositoryName, digest: Digest): Promise<ManifestDetail | null> {
    const row = await this.db.withPrisma((prisma) =>
      prisma.manifestDetail.findFirst({ where: { digest: toBytes(digest), manifest: { repository: { name } } } }),
    );
    return row && { repository: name, digest, kind: row.kind, details: row.details as ManifestDetail['details'] };
  }

  /** Writes or replaces what is known of a manifest; false where it is gone. What jsonb refuses is left out of `details`. */
  async put({ repository: name, digest, kind, details }: ManifestDetail): Promise<boolean> {
    const what = { kind, details: toStorableJson(details), indexedAt: new Date() };
    return this.db.withPrisma(async (prisma) => {
      const repository = await prisma.repository.findUnique({ where: { name }, select: { id: true } });
      if (!repository) return false;
      const key = { repositoryId: repository.id, digest: toBytes(digest) };
      try {
        await prisma.manifestDetail.upsert({ where: { repositoryId_digest: key }, create: { ...key, ...what }, update: what });
        return true;
      } catch (error) {
        if (isForeignKeyError(error)) return false;
        throw error;
      }
    });
  }
}
