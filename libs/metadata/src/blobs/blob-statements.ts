import { statement } from '../database/statement.js';

// READ COMMITTED everywhere, and one lock order: blobs, links, manifests, tags, each by key. Foreign keys lock too, but only when the
// statement ends, parents last, against that order: so whatever somebody else may hold FOR UPDATE is share-locked explicitly first.
// CTEs run when they are asked for: "(select count(*) from x) >= 0" puts x before.

// Both halves of a key from one CTE, or Postgres may look them up by one half and compare the other row by row: all links of a repository,
// where most have few.

// The batched hot read. stale: the touch is run too, and only its answer believed.
export const findBlobs = statement(
  'find_blobs',
  `with k as materialized (select k.ordinality, r.id as repository, k.digest
  from unnest($1::text[], $2::bytea[]) with ordinality as k(name, digest, ordinality) join repositories r on r.name = k.name)
select k.ordinality, l.repository, b.size, b.storage_key, l.touched_at <= now() - make_interval(secs => $3) / 24
from k join blob_links l on l.repository = k.repository and l.digest = k.digest join blobs b on b.digest = l.digest where b.damaged_at is null`,
);

// In order of key, or two batches of touches could deadlock. A link that the collector takes while we wait is not answered.
export const touchLinks = statement(
  'touch_links',
  `with k as materialized (select l.repository, l.digest from unnest($1::bigint[], $2::bytea[]) as w(repository, digest)
  join blob_links l on l.repository = w.repository and l.digest = w.digest order by l.repository, l.digest for no key update of l)
update blob_links l set touched_at = clock_timestamp() from k where l.repository = k.repository and l.digest = k.digest
returning l.repository, l.digest`,
);

// Mounts at once, no two of the same blob into the same repository. $1 to, $2 its tenant, $3 digest, $4 from, where that was said, $5 grace.
// k: blobs are locked first, in order of key, so that the collector cannot take one between "there" and the link.
// made: a repository that isn't there is made, and is known unless somebody else is making it: then again.
// l: an existing link is locked by ON CONFLICT even where its WHERE says no, so that the collector cannot take it before we commit.
export const mountBlobs = statement(
  'mount_blobs',
  `with w as materialized (select w.*, (select id from repositories where name = w.name) as id
  from unnest($1::text[], $2::text[], $3::bytea[], $4::text[]) with ordinality as w(name, tenant, digest, source, n)),
k as materialized (select b.digest from (select distinct digest from w) d join blobs b on b.digest = d.digest and b.damaged_at is null
  order by b.digest for key share of b),
f as materialized (select * from w where case when digest not in (select digest from k) then false
    when source is null then (select true from blob_links s where s.digest = w.digest limit 1)
    else (select true from blob_links s where s.repository = (select id from repositories where name = w.source) and s.digest = w.digest) end),
made as (insert into repositories (tenant, name) select distinct tenant, name from f where id is null order by name
  on conflict (name) do nothing returning id, tenant, name),
tenant as (insert into tenants (name) select distinct tenant from made order by tenant on conflict (name) do nothing),
ids as materialized (select array_agg(name) as names, array_agg(id) as made from made),
r as materialized (select n, coalesce(id, (select ids.made[array_position(names, f.name)] from ids)) as id, digest from f),
l as (insert into blob_links (repository, digest) select id, digest from r where id is not null order by id, digest
  on conflict (repository, digest) do update set touched_at = clock_timestamp()
  where blob_links.touched_at <= clock_timestamp() - make_interval(secs => $5) / 24
  returning repository, digest, xmax = 0 as made),
v as (insert into reviews (kind, repository, digest, not_before)
  select 'link', repository, digest, now() + make_interval(secs => $5) from l where made)
select n, n in (select n from r) as found, n in (select n from r where id is not null) as known from w`,
);

// Deleting takes two statements in one transaction. No row here: unknown, and stop, since what appears afterwards isn't locked. Then a
// new statement, i.e. a new snapshot, sees what a manifest's push committed while we waited.
export const lockLink = statement(
  'lock_link',
  `select repository from blob_links where repository = (select id from repositories where name = $1) and digest = $2 for update`,
);

export const deleteLink = statement(
  'delete_link',
  `with parents as materialized (select manifest from manifest_references where repository = $1 and link_digest = $2 limit 10),
l as (delete from blob_links where repository = $1 and digest = $2 and not exists (select from parents) returning digest),
r as (insert into reviews (kind, digest) select 'blob', digest from l)
select array(select manifest from parents) as parents`,
);
