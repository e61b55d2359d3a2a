import { companionTagPattern } from '#oci';
import { statement } from '../database/statement.js';

// Through the partial index. $1 after, $2 limit.
export const retainedRepositories = statement(
  'retention_repositories',
  `select name from repositories where policy ? 'retention' and name > $1 order by name limit $2`,
);

export const snapshotHead = statement(
  'retention_head',
  `select id, policy, policy::text as text, now() as at from repositories where name = $1`,
);

// $1 repository, $2 after, $3 limit.
export const snapshotTags = statement(
  'retention_tags',
  `select name, digest, pushed_at, last_pulled_at from tags where repository = $1 and name > $2 order by name limit $3`,
);

export const snapshotManifests = statement(
  'retention_manifests',
  `select m.digest, m.subject_digest, m.pushed_at, m.last_pulled_at, array(select f.digest from manifest_references f
    where f.repository = m.repository and f.manifest = m.digest and f.kind = 'child') as children
from manifests m where m.repository = $1 and m.digest > $2 order by m.digest limit $3`,
);

// When an ordinary tag last came to a manifest, or left it (for what its history says next); $2 as far back as it matters.
export const snapshotNames = statement(
  'retention_names',
  `with h as materialized (select id, name, digest, at from tag_history where repository = $1 and at > $2 and name !~ '${companionTagPattern}')
select digest, max(at) as at from (
  select digest, at from h union all
  select (select p.digest from tag_history p where p.repository = $1 and p.name = h.name and p.id < h.id order by p.id desc limit 1), at from h
) named where digest is not null group by digest`,
);

// Which of these a tag of the repository ever pointed to; asked only where tags name manifests that are not there. $2 digests.
export const snapshotDeparted = statement(
  'retention_departed',
  `select distinct digest from tag_history where repository = $1 and digest = any($2::bytea[])`,
);

// Up to a hundred tags, if they are still as they were seen, and the policy as it was applied. $1 repository, $2 policy, $3 names, $4 digests,
// $5 pushed at, in milliseconds.
export const dropTags = statement(
  'retention_drop_tags',
  `with r as materialized (select id from repositories where id = $1 and policy = $2 for key share),
w as materialized (select r.id as repository, w.* from r, unnest($3::text[], $4::bytea[], $5::timestamptz[]) as w(name, digest, pushed_at)),
k as materialized (select t.name from w join tags t on t.repository = w.repository and t.name = w.name
  where t.digest = w.digest and t.pushed_at < w.pushed_at + interval '1 ms' order by t.name for update of t),
t as (delete from tags using k where tags.repository = $1 and tags.name = k.name returning tags.name),
h as (insert into tag_history (repository, name, digest) select $1, name, null from t)
select exists (select from r) as current, array(select name from t) as names`,
);

// A tag that exists for a manifest, which is gone; on one that stays. $1 repository, $2 policy, $3 tag, $4 the manifest that is gone.
export const dropCompanion = statement(
  'retention_drop_companion',
  `with r as materialized (select id from repositories where id = $1 and policy = $2 for key share),
t as (delete from tags where repository = (select id from r) and name = $3
  and not exists (select from manifests where repository = $1 and digest = $4) returning name),
h as (insert into tag_history (repository, name, digest) select $1, name, null from t)
select from t`,
);

// Removing a manifest takes two statements in one transaction, as every deletion does. $1 repository, $2 policy, $3 digest; $4: it must not have
// been used since, null where it goes with another.
export const lockUnwanted = statement(
  'retention_lock',
  `select from manifests m join repositories r on r.id = m.repository where r.id = $1 and r.policy = $2 and m.digest = $3
  and ($4::timestamptz is null or (m.pushed_at < $4 and coalesce(m.last_pulled_at, '-infinity') < $4)) for update of m for key share of r`,
);

// Not where anything has come to it since the decision ($3): an index that lists it, an ordinary tag, even one that has left again, or what
// it is about. Tags that exist for a manifest that is gone go along. CASE: else Postgres might decode any tag.
export const dropManifest = statement(
  'retention_drop_manifest',
  `with tg as materialized (select name, case when name ~ '${companionTagPattern}' then not exists (select from manifests
      where repository = $1 and digest = decode('01' || substr(name, 8, 64), 'hex')) else false end as along
  from tags where repository = $1 and digest = $2 order by name for update),
held as materialized (select from manifest_references where repository = $1 and child_digest = $2
  union all select from manifest_references where repository = $1 and digest = $2 and link_digest is null and child_digest is null and kind = 'child'
  union all select from tg where not along
  union all select from tag_history where repository = $1 and at > $3 and digest = $2 and name !~ '${companionTagPattern}'
  union all select from manifests s where s.repository = $1
    and s.digest = (select m.subject_digest from manifests m where m.repository = $1 and m.digest = $2)
  limit 1),
t as (delete from tags using tg where tags.repository = $1 and tags.name = tg.name and not exists (select from held) returning tags.name),
h as (insert into tag_history (repository, name, digest) select $1, name, null from t),
r as (insert into reviews (kind, repository, digest) select 'link', $1, digest from manifest_references
  where repository = $1 and manifest = $2 and (link_digest is not null or child_digest is null) and not exists (select from held)),
m as (delete from manifests where repository = $1 and digest = $2 and not exists (select from held) and (select count(*) from t) >= 0
  returning digest)
select from m`,
);
