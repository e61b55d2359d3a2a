import { statement } from '../database/statement.js';

// No row: no such repository. $3 null: no limit. One text, because that is made and read several times faster than an array or JSON; no name has
// a comma.
export const tagPage = statement(
  'tag_page',
  `select (select string_agg(name, ',') from (select t.name from tags t where t.repository = r.id and t.name > $2 order by t.name limit $3) page)
  as names from repositories r where r.name = $1`,
);

// $3 the rules about immutable tags by which the caller knows whether the tag must stay ($4); under others nothing happens.
export const deleteTag = statement(
  'delete_tag',
  `with r as materialized (select id, policy ->> 'immutableTags' as rules from repositories where name = $1 for key share),
repo as materialized (select id from r where rules is not distinct from $3),
t as (delete from tags where repository = (select id from repo) and name = $2 and not $4 returning repository, name),
h as (insert into tag_history (repository, name, digest) select repository, name, null from t)
select (select id from r) as repository, (select rules from r) as rules,
  exists (select from tags where repository = (select id from repo) and name = $2) as there, exists (select from t) as deleted`,
);
