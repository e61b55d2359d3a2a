import { statement } from '../database/statement.js';

// The batched hot reads: names and tags, or names and digests. Both halves of a key from one CTE, or Postgres may read all tags of a repository
// to compare them with the one that is looked for.
export const findByTag = statement(
  'find_manifests_by_tag',
  `with k as materialized (select k.ordinality, r.id as repository, k.tag
  from unnest($1::text[], $2::text[]) with ordinality as k(name, tag, ordinality) join repositories r on r.name = k.name)
select k.ordinality, m.repository, m.digest, m.media_type, m.size
from k join tags t on t.repository = k.repository and t.name = k.tag
join manifests m on m.repository = t.repository and m.digest = t.digest`,
);

const ofDigests = (columns: string): string => `with k as materialized (select k.ordinality, r.id as repository, k.digest
  from unnest($1::text[], $2::bytea[]) with ordinality as k(name, digest, ordinality) join repositories r on r.name = k.name)
select k.ordinality, ${columns}
from k join manifests m on m.repository = k.repository and m.digest = k.digest`;

export const findByDigest = statement('find_manifests_by_digest', ofDigests('m.repository, m.digest, m.media_type, m.size'));

// With the payload, for who reads each once.
export const readByDigest = statement('read_manifests', ofDigests('m.media_type, m.size, m.payload'));

export const findPayloads = statement(
  'find_payloads',
  `select m.repository, m.digest, m.payload from unnest($1::bigint[], $2::bytea[]) as k(repository, digest)
join manifests m on m.repository = k.repository and m.digest = k.digest`,
);

// Deleting takes two statements in one transaction. No row here: unknown, and stop, since what appears afterwards isn't locked. Then a
// new statement, i.e. a new snapshot, sees what a push committed while we waited.
export const lockManifest = statement(
  'lock_manifest',
  `select m.repository, r.policy ->> 'immutableTags' as rules from manifests m join repositories r on r.id = m.repository
where m.repository = (select id from repositories where name = $1) and m.digest = $2 for update of m for key share of r`,
);

// Only where there are rules about immutable tags. The manifest is locked, so no tag joins these.
export const tagsOn = statement('tags_on', `select name from tags where repository = $1 and digest = $2`);

// Refused (parents) while an index has it, also one that came before it. Tags are locked in order of name. A reference that pointed at
// nothing gets its review too: the blob may have come later, and its own review gone because of this reference.
export const deleteManifest = statement(
  'delete_manifest',
  `with parents as materialized (select manifest from manifest_references where repository = $1 and child_digest = $2
  union all select manifest from manifest_references
  where repository = $1 and digest = $2 and link_digest is null and child_digest is null and kind = 'child' limit 10),
tg as materialized (select repository, name from tags where repository = $1 and digest = $2 and not exists (select from parents) order by name for update),
t as (delete from tags using tg where tags.repository = tg.repository and tags.name = tg.name returning tags.name),
h as (insert into tag_history (repository, name, digest) select $1, name, null from t),
r as (insert into reviews (kind, repository, digest) select 'link', $1, digest from manifest_references
  where repository = $1 and manifest = $2 and (link_digest is not null or child_digest is null) and not exists (select from parents)),
m as (delete from manifests where repository = $1 and digest = $2 and not exists (select from parents) and (select count(*) from t) >= 0)
select array(select manifest from parents) as parents`,
);

// $1 repository's name, $2 subject, $3 after, $4 rows, $5 bytes. One row at least, however large; total: what there was before the cut.
const referrersPage = (filter: string): string => `select digest, referrer_descriptor as descriptor, total from (
  select digest, referrer_descriptor, count(*) over () as total,
    sum(octet_length(referrer_descriptor) + 1) over (order by digest) as bytes, row_number() over (order by digest) as position
  from (select digest, referrer_descriptor from manifests where repository = (select id from repositories where name = $1)
    and subject_digest = $2 ${filter} and digest > $3 order by digest limit $4) page) counted
where bytes <= $5 or position = 1`;

export const referrers = statement('referrers', referrersPage(''));
export const referrersOfType = statement('referrers_of_type', referrersPage('and artifact_type = $6'));
