import { cosignTagPattern } from '#oci';
import { statement } from '../database/statement.js';

/**
 * Manifests' pushes in one statement. No two of them have the same manifest, or move the same tag: each row is met once.
 * Repositories: $1 their names. Manifests, one after the other: $2 which repository, $3 digest, $4 media type, $5 artifact type, $6 config,
 * $7 subject, $8 referrer JSON, $9 and $10 first byte and length of its payload in $11, $12 the rules about immutable tags it was made by. Their
 * references: $13 of which manifest, $14 position in it, $15 digest, $16 kind, $17 size, $18 optional. Their tags: $19 of which manifest, $20 name;
 * $21 those that must stay where they are by the rules, asked only for a manifest that comes alone.
 * r: the lock keeps the rules as they are until the tags are moved, and the repository, which no key holds where nothing but a tag moves.
 * i: `id` is null where a repository is not there, or its rules are others: nothing is written, and the caller told them.
 * links, children: share locks in order of key, before anything is written; a row that is being deleted is waited for, then missing. A child that
 *    comes in the same statement is missing as well: nobody was told yet that it is there.
 * w: IN (…), not joins, since it is hashed whatever the plan: a manifest may have 20,000 references. The same for `is true` in made.
 * good: what one manifest lacks is no other's concern.
 * m: a manifest that is there already is locked as well (DO UPDATE … WHERE locks, also where it writes nothing). With DO NOTHING the tag would be
 *    locked before the manifest (by the foreign key, at the end), against the order of a deletion: deadlock. A manifest pushed again counts
 *    as new to those who remove what nobody wants; the hour spares writes.
 * refs: a re-push fills in what was optional and missing the first time. Their order is that of $13: whoever writes them has their manifest's lock.
 * t: a tag that must stay is locked too, and looked at afterwards. Tags in order of name, or two pushes with ?tag=a&tag=b and ?tag=b&tag=a deadlock.
 * u: last, in the order of r; a repository is listed once, so that hardly anybody ever waits for it.
 */
export const putManifests = statement(
  'put_manifests',
  `with r as materialized (select k.p, r.id, r.name, r.listed, coalesce((r.policy -> 'sparseIndexes')::boolean, false) as sparse,
    r.policy ->> 'immutableTags' as rules
  from unnest($1::text[]) with ordinality as k(name, p) join repositories r on r.name = k.name order by r.id for key share of r),
i as materialized (select i.*, r.id as repository, r.name, r.sparse, r.rules as current,
    case when r.rules is not distinct from i.rules or i.n <> all ($19::int[]) then r.id end as id
  from unnest($2::int[], $3::bytea[], $4::text[], $5::text[], $6::bytea[], $7::bytea[], $8::text[], $9::int[], $10::int[], $12::text[])
    with ordinality as i(p, digest, media_type, artifact_type, config, subject, referrer, start, size, rules, n)
  left join r on r.p = i.p),
k as materialized (select w.*, (array(select id from i order by n))[w.n] as repository
  from unnest($13::int[], $14::int[], $15::bytea[], $16::text[], $17::bigint[], $18::boolean[]) as w(n, position, digest, kind, size, optional)),
links as materialized (select l.repository, l.digest from (select distinct repository, digest from k) k
  join blob_links l on l.repository = k.repository and l.digest = k.digest
  where not exists (select from blobs b where b.digest = l.digest and b.damaged_at is not null) order by l.repository, l.digest for key share of l),
children as materialized (select c.repository, c.digest from (select distinct repository, digest from k where kind = 'child') k
  join manifests c on c.repository = k.repository and c.digest = k.digest
  where (select count(*) from links) >= 0 order by c.repository, c.digest for key share of c),
w as materialized (select n, repository, position, digest, kind, size,
    optional or (kind = 'child' and n in (select n from i where sparse)) as optional,
    case when (repository, digest) in (select repository, digest from links) then digest end as link_digest,
    case when kind = 'child' and (repository, digest) in (select repository, digest from children) then digest end as child_digest
  from k where repository is not null),
missing as materialized (select distinct n, digest from w where link_digest is null and child_digest is null and not optional),
good as materialized (select * from i where id is not null and n not in (select n from missing)),
m as (insert into manifests (repository, digest, media_type, artifact_type, config_digest, subject_digest, size, payload, referrer_descriptor)
  select id, digest, media_type, artifact_type, config, subject, size, substr($11::bytea, start, size), referrer from good order by id, digest
  on conflict (repository, digest) do update set pushed_at = clock_timestamp() where manifests.pushed_at < now() - interval '1 hour'
  returning repository, digest, xmax = 0 as made),
made as materialized (select n, id, name, digest, size from good where ((id, digest) in (select repository, digest from m where made)) is true),
refs as (insert into manifest_references (repository, manifest, position, digest, kind, size, link_digest, child_digest)
  select repository, ($3::bytea[])[n], position, digest, kind, size, link_digest, child_digest from w
  where n in (select n from made) or (optional and coalesce(link_digest, child_digest) is not null and n in (select n from good))
  on conflict (repository, manifest, position) do update set link_digest = excluded.link_digest, child_digest = excluded.child_digest
  where manifest_references.link_digest is null and manifest_references.child_digest is null returning position),
t as (insert into tags (repository, name, digest)
  select g.id, x.name, g.digest from unnest($19::int[], $20::text[]) as x(n, name) join good g on g.n = x.n
  where (select count(*) from m) + (select count(*) from refs) >= 0 order by g.id, x.name collate "C"
  on conflict (repository, name) do update set digest = excluded.digest, pushed_at = clock_timestamp()
  where tags.digest <> excluded.digest and tags.name <> all ($21::text[]) returning repository, name, digest),
h as (insert into tag_history (repository, name, digest) select repository, name, digest from t),
o as (insert into outbox (kind, key, payload)
  select 'index-manifest', name || '@' || digest_text(digest), jsonb_build_object('repository', name, 'digest', digest_text(digest), 'size', size) from made
  union all
  select 'index-referrers', c.name || ':' || c.tag, jsonb_build_object('repository', c.name, 'tag', c.tag)
  from (select t.name as tag, (select r.name from r where r.id = t.repository) as name from t
    where t.name ~ '${cosignTagPattern}') c),
u as (update repositories set listed = true from r
  where repositories.id = r.id and not repositories.listed and not r.listed and r.id in (select id from made))
select n, repository, case when id is null then current else rules end as rules, n in (select n from made) as created,
  array(select digest from missing where missing.n = i.n) as missing
from i`,
);
