import { statement } from '../database/statement.js';

// Manifests are share-locked first, in order of key, or their deletion could meet the foreign key's check in the other order. One that is gone
// has no row here.
export const writeDetails = statement(
  'write_details',
  `with w as materialized (select w.*, r.id as repository
  from unnest($1::text[], $2::bytea[], $3::text[], $4::jsonb[]) with ordinality as w(name, digest, kind, details, ordinality)
  join repositories r on r.name = w.name),
m as materialized (select w.ordinality, m.repository, m.digest, w.kind, w.details
  from w join manifests m on m.repository = w.repository and m.digest = w.digest
  order by m.repository, m.digest for key share of m),
d as (insert into manifest_details (repository, digest, kind, details) select repository, digest, kind, details from m
  on conflict (repository, digest) do update set kind = excluded.kind, details = excluded.details, indexed_at = excluded.indexed_at)
select ordinality from m`,
);
