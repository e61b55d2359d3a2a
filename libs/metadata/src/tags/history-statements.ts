import { cosignTagPattern } from '#oci';
import { statement } from '../database/statement.js';

// Not EXISTS, of which Postgres may make a hash table of all manifests there are, for a page of a hundred entries.
const columns = `h.id, h.name, h.digest, h.at,
  coalesce((select true from manifests m where m.repository = h.repository and m.digest = h.digest limit 1), false) as stored`;

// No row: no such repository.
export const findRepository = statement('find_repository', `select id from repositories where name = $1`);

// Newest first. $1 repository, $2 limit, $3 the id of the entry before, or null.
export const historyOfAll = statement(
  'history_of_all',
  `select ${columns} from tag_history h where h.repository = $1
  and (h.at, h.id) < (coalesce((select at from tag_history where id = $3 and repository = $1), 'infinity'), coalesce($3, 0))
order by h.at desc, h.id desc limit $2`,
);

// $4 tag. The order of ids is that of its moves: they are drawn while the tag is locked.
export const historyOfTag = statement(
  'history_of_tag',
  `select ${columns} from tag_history h where h.repository = $1 and h.name = $4 and h.id < coalesce($3, 9223372036854775807)
order by h.id desc limit $2`,
);

// A tag's move to a digest it had: the manifest first, as everywhere. $1 repository's name, $2 tag, $3 digest, $4 the rules about
// immutable tags it was made by, $5 the tags that these keep where they are.
export const restoreTag = statement(
  'restore_tag',
  `with r as materialized (select id, policy ->> 'immutableTags' as rules from repositories where name = $1 for key share),
repo as materialized (select id from r where rules is not distinct from $4),
m as materialized (select digest from manifests where repository = (select id from repo) and digest = $3
  and exists (select from tag_history h where h.repository = (select id from repo) and h.name = $2 and h.digest = $3) for key share),
t as (insert into tags (repository, name, digest) select repo.id, $2, m.digest from repo, m
  on conflict (repository, name) do update set digest = excluded.digest, pushed_at = clock_timestamp()
  where tags.digest <> excluded.digest and tags.name <> all ($5::text[]) returning name),
h as (insert into tag_history (repository, name, digest) select repo.id, t.name, $3 from repo, t),
o as (insert into outbox (kind, key, payload)
  select 'index-referrers', $1 || ':' || t.name, jsonb_build_object('repository', $1, 'tag', t.name)
  from t where t.name ~ '${cosignTagPattern}')
select (select id from r) as repository, case when exists (select from repo) then $4 else (select rules from r) end as rules,
  exists (select from m) as known, exists (select from t) as moved`,
);
