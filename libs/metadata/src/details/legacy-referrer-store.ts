import type { CosignTag, Digest, RepositoryName, Tag } from '#oci';
import type { Database } from '../database/database.js';
import { toBytes } from '../database/digest-bytes.js';
import { isForeignKeyError } from './foreign-key-error.js';

/** cosign's tags `sha256-<hex>.sig/.att/.sbom`, which have no subject, tied to the manifests they name. A tie goes with its tag. */
export class LegacyReferrerStore {
  constructor(private readonly db: Database) {}

  /** In order of tag. */
  async list(name: RepositoryName, subject: Digest): Promise<CosignTag[]> {
    const rows = await this.db.withPrisma((prisma) =>
      prisma.legacyReferrer.findMany({
        where: { subjectDigest: toBytes(subject), tag: { manifest: { repository: { name } } } },
        orderBy: { tagName: 'asc' },
      }),
    );
    return rows.map(({ tagName, kind }) => ({ tag: tagName as Tag, kind: kind as CosignTag['kind'], subject }));
  }

  /** Ties a tag to the manifest it names, which may be missing; false where the tag is gone. */
  async tie(name: RepositoryName, { tag, kind, subject }: CosignTag): Promise<boolean> {
    const what = { kind, subjectDigest: toBytes(subject) };
    return this.db.withPrisma(async (prisma) => {
      const repository = await prisma.repository.findUnique({ where: { name }, select: { id: true } });
      if (!repository) return false;
      const key = { repositoryId: repository.id, tagName: tag };
      try {
        await prisma.legacyReferrer.upsert({ where: { repositoryId_tagName: key }, create: { ...key, ...what }, update: what });
        return true;
      } catch (error) {
        if (isForeignKeyError(error)) return false;
        throw error;
      }
    });
  }
}
