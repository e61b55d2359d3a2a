import { tenantOf, type RepositoryName } from '#oci';
import type { Database } from '../database/database.js';
import { SingleFlight } from '../database/single-flight.js';
import { parsePolicy, type RepositoryPolicy } from '../policy/repository-policy.js';
import { pageOf, type NamePage } from '../shapes.js';
import { catalogPage, createRepository, findPolicy, lockPolicy, setPolicy } from './repository-statements.js';

/** Repositories and their settings; rows come into being with the first upload session, mount or manifest. */
export class RepositoryStore {
  private readonly pages = new SingleFlight<NamePage>();

  constructor(private readonly db: Database) {}

  /** Makes the row, for settings that are to hold from the first push on; without effect where it is there. */
  async create(name: RepositoryName): Promise<void> {
    await this.db.main.query(createRepository, [tenantOf(name), name]);
  }

  /** Names of repositories that have manifests, in byte order after `last`. */
  page({ last = '', limit }: { last?: string; limit: number }): Promise<NamePage> {
    return this.pages.answer(`${limit} ${last}`, async () => {
      const [row] = await this.db.main.query<{ names: string | null }>(catalogPage, [last, limit + 1]);
      return pageOf(row?.names ?? null, limit);
    });
  }

  /** Null where the repository is unknown. */
  async policy(name: RepositoryName): Promise<RepositoryPolicy | null> {
    const [row] = await this.db.main.query<{ policy: unknown }>(findPolicy, [name]);
    return row ? parsePolicy(row.policy) : null;
  }

  /** Replaces the settings, as {@link changePolicy}; false where the repository is unknown. */
  async setPolicy(name: RepositoryName, policy: RepositoryPolicy): Promise<boolean> {
    return (await this.replacePolicy(name, () => policy)) !== null;
  }

  /**
   * Changes the settings and answers them; null where the repository is unknown. Throws PolicyError. Rules hold for every push that has not
   * moved its tags by then: those that are about to are waited for. `change` may be called twice.
   */
  changePolicy(name: RepositoryName, change: (policy: RepositoryPolicy) => RepositoryPolicy): Promise<RepositoryPolicy | null> {
    return this.replacePolicy(name, (stored) => change(parsePolicy(stored)));
  }

  /** What is stored may be no policy any more: replacing it is the way out. */
  private replacePolicy(name: RepositoryName, make: (stored: unknown) => RepositoryPolicy): Promise<RepositoryPolicy | null> {
    return this.db.main.transaction(async (transaction) => {
      const [row] = await transaction.query<{ id: number; policy: unknown }>(lockPolicy, [name]);
      if (!row) return null;
      const policy = parsePolicy(make(row.policy));
      await transaction.query(setPolicy, [row.id, JSON.stringify(policy)]);
      return policy;
    });
  }
}
