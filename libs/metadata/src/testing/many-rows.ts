import type { TestDatabase } from './with-database.js';

const digest = (text: string): string => `'\\x01'::bytea || sha256(convert_to(${text}, 'utf8'))`;
const tagged = `(select id from repositories where name = 'many/0')`;
const subject = digest(`'subject'`);

// Enough of each that another plan would look good to PostgreSQL: one repository with all tags, referrers and history, and many with something.
const statements = (n: number) => [
  `insert into tenants (name) values ('many')`,
  `insert into repositories (tenant, name, listed, policy) select 'many', 'many/' || n, true, case when n % 100 = 0 then '{"retention": {}}' else '{}' end::jsonb
   from generate_series(0, ${n - 1}) n`,
  `insert into blobs (digest, size, storage_key) select ${digest(`'blob ' || n`)}, 1, 'blobs/' || n from generate_series(0, ${2 * n - 1}) n`,
  `update blobs set damaged_at = now() where storage_key like '%77'`,
  `insert into blob_links (repository, digest) select r.id, ${digest(`'blob ' || n`)} from generate_series(0, ${2 * n - 1}) n join repositories r on r.name = 'many/' || n % ${n}`,
  `insert into manifests (repository, digest, media_type, size, payload) select id, ${digest('name')}, 'm', 4, 'null' from repositories`,
  `insert into manifests (repository, digest, media_type, size, payload) select ${tagged}, ${digest(`'tag ' || n`)}, 'm', 4, 'null' from generate_series(0, ${n - 1}) n`,
  `insert into manifests (repository, digest, media_type, size, payload, artifact_type, subject_digest, referrer_descriptor)
   select ${tagged}, ${digest(`'referrer ' || n`)}, 'm', 4, 'null', 'a', ${subject}, '{}' from generate_series(0, ${n / 2 - 1}) n`,
  `insert into manifest_references (repository, manifest, position, digest, kind, size, link_digest)
   select r.id, ${digest('r.name')}, 0, ${digest(`'blob ' || n`)}, 'layer', 1, ${digest(`'blob ' || n`)}
   from generate_series(0, ${n - 1}) n join repositories r on r.name = 'many/' || n`,
  `insert into manifest_references (repository, manifest, position, digest, kind, size, child_digest)
   select ${tagged}, ${digest(`'referrer ' || n`)}, 0, ${digest(`'tag ' || n`)}, 'child', 1, ${digest(`'tag ' || n`)} from generate_series(0, ${n / 2 - 1}) n`,
  `insert into manifest_references (repository, manifest, position, digest, kind, size)
   select ${tagged}, ${digest(`'tag ' || n`)}, 0, ${digest(`'missing ' || n`)}, 'layer', 1 from generate_series(0, ${n / 2 - 1}) n`,
  `insert into tags (repository, name, digest) select id, 'tag-' || n, ${digest('r.name')} from repositories r, generate_series(0, 1) n where id <> ${tagged}`,
  `insert into tags (repository, name, digest) select ${tagged}, 'tag-' || n, ${digest(`'tag ' || n`)} from generate_series(0, ${n - 1}) n`,
  `insert into legacy_referrers (repository, tag, subject_digest, kind) select repository, name, ${subject}, 'sig' from tags where repository = ${tagged}`,
  `insert into tag_history (repository, name, digest, at) select repository, name, digest, now() - random() * interval '90 days' from tags`,
  `insert into upload_sessions (id, repository, storage, algorithm, expires_at)
   select gen_random_uuid(), ${tagged}, '{}', 'sha256', now() + random() * interval '1 day' from generate_series(1, ${n / 5})`,
  `insert into outbox (kind, key, not_before, parked_at) select (array['delete-object', 'index-manifest', 'abort-upload'])[n % 3 + 1], n, now() + random() * interval '1 day',
   case when n % 50 = 0 then now() end from generate_series(1, ${n}) n`,
  `insert into reviews (kind, repository, digest, not_before) select 'link', repository, digest, now() + random() * interval '1 day' from blob_links limit ${n}`,
  `insert into reviews (kind, digest, not_before) select 'blob', digest, now() + random() * interval '1 day' from blobs limit ${n / 2}`,
  `insert into maintenance_runs (kind, finished_at) select 'sweep', now() from generate_series(1, 500)`,
  `insert into orphans (run, key, size) select (select min(id) from maintenance_runs), n, 1 from generate_series(1, ${n / 2}) n`,
  'vacuum (analyze)',
];

// What misleads PostgreSQL: half of a key names one row by itself as far as anybody has seen, so that an index of that half alone looks as good as
// the key's own. It is not when a layer comes that ten thousand repositories share.
const aloneStatements = (n: number) => [
  `insert into tenants (name) values ('alone')`,
  `insert into repositories (tenant, name, listed) select 'alone', 'alone/' || n, true from generate_series(0, ${n - 1}) n`,
  `insert into blobs (digest, size, storage_key, damaged_at)
   select ${digest('name')}, 1, 'blobs/' || id, case when id % 7 = 0 then now() end from repositories`,
  `insert into blob_links (repository, digest) select id, ${digest('name')} from repositories`,
  `insert into manifests (repository, digest, media_type, size, payload, artifact_type, subject_digest, referrer_descriptor)
   select id, ${digest('name')}, 'm', 4, 'null', 'a', ${digest(`name || ' subject'`)}, '{}' from repositories`,
  `insert into manifest_references (repository, manifest, position, digest, kind, size, link_digest)
   select id, ${digest('name')}, 1, ${digest('name')}, 'layer', 1, ${digest('name')} from repositories`,
  `insert into manifest_details (repository, digest, kind, details) select repository, digest, 'image', '{}' from manifests`,
  `insert into tags (repository, name, digest) select repository, 'latest', digest from manifests`,
  `insert into tag_history (repository, name, digest) select repository, name, digest from tags`,
  `insert into legacy_referrers (repository, tag, subject_digest, kind) select repository, name, digest, 'sig' from tags`,
  // Not those of work under way: vacuumed while it is empty, a table is one where any plan is as good, until it has been looked at again.
  'vacuum (analyze) tenants, repositories, blobs, blob_links, manifests, manifest_references, manifest_details, tags, tag_history, legacy_referrers',
];

/** Fills every table with about so many rows, and tells PostgreSQL what is in them. */
export async function manyRows(database: TestDatabase, count = 10_000): Promise<void> {
  for (const statement of statements(count)) await database.sql(statement);
}

/** Fills the tables with so many repositories of one image each, which has nothing in common with others. */
export async function rowsAlone(database: TestDatabase, count: number): Promise<void> {
  for (const statement of aloneStatements(count)) await database.sql(statement);
}
