import { statement } from '../database/statement.js';

/**
 * A manifest's push in one statement. $1 repository's name $2 digest $3 media type $4 artifact type $5 config $6 subject $7 payload
 * $8 referrer JSON; $9..$12 references: digest, kind, size, optional; $13 tags; $14 the rules about immutable tags that $15 was made by:
 * those of the tags that must stay where they are.
 * r, repo: under other rules nothing is written, and the caller told them. The lock, which the foreign keys would take anyway, keeps the
 *    rules as they are until the tags are moved.
 * links, children: share locks in order of key, before anything is written; a row that is being deleted is waited for, then missing.
 * w: IN (…), not joins, since it is hashed whatever the plan: a manifest may have 20,000 references.
 * m: a manifest that is there already is locked as well (DO UPDATE … WHERE locks, also where it writes nothing). With DO NOTHING the tag would be
 *    locked before the manifest (by the foreign key, at the end), against the order of a deletion: deadlock. A manifest pushed again counts
 *    as new to those who remove what nobody wants; the hour spares writes.
 * refs: a re-push fills in what was optional and missing the first time.
 * t: a tag that must stay is locked too, and looked at afterwards. Tags in order of name, or two pushes with ?tag=a&tag=b and ?tag=b&tag=a deadlock.
 * u: last; a repository is listed once, so that hardly anybody ever waits for it.
 */
export const putManifest = statement(
  'put_manifest',
  `with r as materialized (select id, coalesce((policy -> 'sparseIndexes')::boolean, false) as sparse, policy ->> 'immutableTags' as rules
  from repositories where name = $1 for key share),
repo as materialized (select id, sparse from r where rules is not distinct from $14 or $13 = '{}'),
links as materialized (select l.digest from blob_links l where l.repository = (select id from repo) and l.digest = any($9::bytea[])
  and not exists (select from blobs b where b.digest = l.digest and b.damaged_at is not null) order by l.digest for key share of l),
children as materialized (select c.digest from manifests c where c.repository = (select id from repo) and c.digest = any($9::bytea[])
  and 'child' = any($10::text[]) and (select count(*) from links) >= 0 order by c.digest for key share of c),
w as materialized (select w.position, w.digest, w.kind, w.size, w.optional or (w.kind = 'child' and (select sparse from repo)) as optional,
    case when w.digest in (select digest from links) then w.digest end as link_digest,
    case when w.kind = 'child' and w.digest in (select digest from children) then w.digest end as child_digest
  from unnest($9::bytea[], $10::text[], $11::bigint[], $12::boolean[]) with ordinality as w(digest, kind, size, optional, position)
  where exists (select from repo)),
missing as materialized (select distinct digest from w where link_digest is null and child_digest is null and not optional),
m as (insert into manifests (repository, digest, media_type, artifact_type, config_digest, subject_digest, size, payload, referrer_descriptor)
  select id, $2, $3, $4, $5, $6, octet_length($7::bytea), $7, $8 from repo where not exists (select from missing)
  on conflict (repository, digest) do update set pushed_at = clock_timestamp() where manifests.pushed_at < now() - interval '1 hour'
  returning digest, xmax = 0 as made),
made as materialized (select digest from m where made),
refs as (insert into manifest_references (repository, manifest, position, digest, kind, size, link_digest, child_digest)
  select (select id from repo), $2, position, digest, kind, size, link_digest, child_digest from w
  where not exists (select from missing) and (exists (select from made) or (optional and coalesce(link_digest, child_digest) is not null)) order by position
  on conflict (repository, manifest, position) do update set link_digest = excluded.link_digest, child_digest = excluded.child_digest
  where manifest_references.link_digest is null and manifest_references.child_digest is null returning position),
t as (insert into tags (repository, name, digest)
  select repo.id, name, $2 from repo, unnest($13::text[]) name
  where not exists (select from missing) and (select count(*) from m) + (select count(*) from refs) >= 0 order by name collate "C"
  on conflict (repository, name) do update set digest = excluded.digest, pushed_at = clock_timestamp()
  where tags.digest <> excluded.digest and tags.name <> all ($15::text[]) returning name),
h as (insert into tag_history (repository, name, digest) select repo.id, t.name, $2 from repo, t),
o as (insert into outbox (kind, key, payload)
  select 'index-manifest', $1 || '@' || digest_text(digest), jsonb_build_object('repository', $1, 'digest', digest_text(digest)) from made
  union all
  select 'index-referrers', $1 || ':' || t.name, jsonb_build_object('repository', $1, 'tag', t.name)
  from t where t.name ~ '^sha256-[0-9a-f]{64}\\.(sig|att|sbom)$'),
u as (update repositories set listed = true where id = (select id from repo) and not listed and exists (select from made))
select (select id from r) as repository, case when exists (select from repo) then $14 else (select rules from r) end as rules,
  exists (select from made) as created, array(select digest from missing) as missing`,
);
