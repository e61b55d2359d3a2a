import { createHash, randomUUID } from 'node:crypto';
import { ManifestStore, TagStore } from '#metadata';
import { digestOf, mediaTypes, parseRepositoryName, parseTag, type Digest, type RepositoryName } from '#oci';
import type { TestDatabase } from '../../../../libs/metadata/src/testing/index.js';

/** A repository of its own in the database of a spec. */
export class RepositoryFixture {
  readonly name: RepositoryName = parseRepositoryName(`acme/r${randomUUID()}`);
  private readonly manifests: ManifestStore;

  constructor(private readonly database: TestDatabase) {
    this.manifests = new ManifestStore(database.db);
  }

  /** Pushes a new manifest under these tags. */
  async push(...tags: string[]): Promise<Digest> {
    const payload = Buffer.from(randomUUID());
    const digest = digestOf('sha256', createHash('sha256').update(payload).digest());
    const manifest = { digest, mediaType: mediaTypes.ociManifest, payload, references: [], tags: tags.map(parseTag) };
    expect(await this.manifests.put(this.name, manifest)).toMatchObject({ outcome: 'stored' });
    return digest;
  }

  async deleteTag(tag: string): Promise<void> {
    expect(await new TagStore(this.database.db).delete(this.name, parseTag(tag))).toEqual({ outcome: 'deleted' });
  }

  async deleteManifest(digest: Digest): Promise<void> {
    expect(await this.manifests.delete(this.name, digest)).toEqual({ outcome: 'deleted' });
  }

  /** Where a tag points; null: nowhere. */
  async pointsTo(tag: string): Promise<Digest | null> {
    return (await this.manifests.find(this.name, { tag: parseTag(tag) }))?.digest ?? null;
  }

  /** Everything so far happened so many days earlier. */
  async age(days: number): Promise<void> {
    const of = 'repository = (select id from repositories where name = $1)';
    for (const [table, column] of [
      ['manifests', 'pushed_at'],
      ['tags', 'pushed_at'],
      ['tag_history', 'at'],
    ])
      await this.database.sql(`update ${table} set ${column} = ${column} - make_interval(days => $2) where ${of}`, [this.name, days]);
  }
}
