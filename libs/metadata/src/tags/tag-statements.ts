import { statement } from '../database/statement.js';

// No row: no such repository. $3 null: no limit. JSON, because pg reads it several times faster than an array.
export const tagPage = statement(
  'tag_page',
  `select to_json(array(select t.name from tags t where t.repository = r.id and t.name > $2 order by t.name limit $3)) as names
from repositories r where r.name = $1`,
);

export const deleteTag = statement(
  'delete_tag',
  `with t as (delete from tags where repository = (select id from repositories where name = $1) and name = $2 returning repository, name)
insert into tag_history (repository, name, digest) select repository, name, null from t returning id`,
);
