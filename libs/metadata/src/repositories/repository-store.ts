import type { RepositoryName } from '#oci';
import type { Database } from '../database/database.js';
import { pageOf, type NamePage, type RepositoryPolicy } from '../shapes.js';
import { catalogPage, repositoryExists } from './repository-statements.js';

/** Repositories and their settings; rows come into being with the first upload session, mount or manifest. */
export class RepositoryStore {
  constructor(private readonly db: Database) {}

  async exists(name: RepositoryName): Promise<boolean> {
    return (await this.db.main.query(repositoryExists, [name])).length > 0;
  }

  /** Names of repositories that have manifests, in byte order after `last`. */
  async page({ last = '', limit }: { last?: string; limit: number }): Promise<NamePage> {
    const [row] = await this.db.main.query<{ names: string[] }>(catalogPage, [last, limit + 1]);
    return pageOf(row?.names ?? [], limit);
  }

  /** Null where the repository is unknown. */
  async policy(name: RepositoryName): Promise<RepositoryPolicy | null> {
    const row = await this.db.withPrisma((prisma) => prisma.repository.findUnique({ where: { name }, select: { policy: true } }));
    return row && (row.policy as RepositoryPolicy);
  }

  /** Replaces the settings; false where the repository is unknown. */
  async setPolicy(name: RepositoryName, policy: RepositoryPolicy): Promise<boolean> {
    const { count } = await this.db.withPrisma((prisma) =>
      prisma.repository.updateMany({ where: { name }, data: { policy: { ...policy } } }),
    );
    return count > 0;
  }
}
