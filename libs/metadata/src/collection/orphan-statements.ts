import { statement } from '../database/statement.js';

// An object without a row: no blob's, not on its way out, and in no upload's state. Those states are the drivers' own, so any text in them
// counts. In one snapshot: an upload that becomes a blob meanwhile is seen as one or the other. Sessions are read only where a key is left.
const orphaned = (keys: string): string => `k as materialized (select key from ${keys}
  where not exists (select from blobs b where b.storage_key = k.key)
  and not exists (select from outbox o where o.kind = 'delete-object' and o.key = k.key)),
states as materialized (select storage as state from upload_sessions where (select count(*) from k) > 0
  union all select payload from outbox where kind = 'abort-upload' and (select count(*) from k) > 0),
named as materialized (select v #>> '{}' as name from states, jsonb_path_query(states.state, 'strict $.**') as v where jsonb_typeof(v) = 'string')`;

// $1 keys.
export const findOrphans = statement(
  'sweep_find',
  `with ${orphaned('unnest($1::text[]) as k(key)')} select key from k except select name from named`,
);

// The second look and the deletion in one statement. $1 keys.
export const deleteOrphans = statement(
  'sweep_delete',
  `with ${orphaned('unnest($1::text[]) as k(key)')},
o as (insert into outbox (kind, key) select 'delete-object', key from (select key from k except select name from named) gone returning key)
select key from o`,
);

// Multipart uploads: $1 keys, $2 ids. Known where a state names the id or the key: the one that will be completed under it.
export const findOrphanUploads = statement(
  'sweep_find_uploads',
  `with states as materialized (select storage as state from upload_sessions
  union all select payload from outbox where kind = 'abort-upload'),
named as materialized (select v #>> '{}' as name from states, jsonb_path_query(states.state, 'strict $.**') as v where jsonb_typeof(v) = 'string')
select key, id from unnest($1::text[], $2::text[]) as u(key, id)
where id not in (select name from named where name is not null) and key not in (select name from named where name is not null)`,
);

// $1 run, $2 keys, $3 ids of multipart uploads or '', $4 sizes. A listing may be repeated.
export const noteOrphans = statement(
  'sweep_note',
  `insert into orphans (run, key, upload, size) select $1, * from unnest($2::text[], $3::text[], $4::bigint[]) on conflict do nothing`,
);

// $1 run, $2 after key, $3 after upload, $4 limit.
export const notedOrphans = statement(
  'sweep_noted',
  `select key, upload, size from orphans where run = $1 and (key, upload) > ($2, $3) order by key, upload limit $4`,
);

// $1 from, $2 to (excluded), $3 limit.
export const blobsByKey = statement(
  'sweep_blobs',
  `select digest, size, storage_key, damaged_at is not null as damaged from blobs
where storage_key is not null and storage_key > $1 and storage_key < $2 order by storage_key limit $3`,
);

export const blobHasKey = statement('sweep_still', `select from blobs where digest = $1 and storage_key = $2`);
