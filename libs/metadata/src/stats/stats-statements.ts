import { statement } from '../database/statement.js';

// Exact, so counted: for people who ask now and then. What was removed and is being cleared away counts no more; its blobs do, until
// they are collected.
export const registryStats = statement(
  'stats_registry',
  `with removed as materialized (select id from repositories where name > '~')
select (select count(*) from repositories where name < '~') as repositories,
  (select count(*) from tags where repository not in (select id from removed)) as tags,
  (select count(*) from manifests where repository not in (select id from removed)) as manifests,
  (select count(*) from blob_links where repository not in (select id from removed)) as links, b.blobs, b.bytes, b.damaged,
  (select count(*) from upload_sessions where state in ('open', 'completed') and repository not in (select id from removed)) as uploads
from (select count(*) as blobs, coalesce(sum(size), 0)::bigint as bytes, count(damaged_at) as damaged from blobs) b`,
);

// $1 name. No row: no such repository.
export const repositoryStats = statement(
  'stats_repository',
  `select r.created_at, (select count(*) from tags where repository = r.id) as tags, m.manifests, m.pushed_at, m.pulled_at, b.blobs, b.bytes,
  (select count(*) from upload_sessions where repository = r.id and state in ('open', 'completed')) as uploads
from repositories r,
  lateral (select count(*) as manifests, max(pushed_at) as pushed_at, max(last_pulled_at) as pulled_at from manifests where repository = r.id) m,
  lateral (select count(*) as blobs, coalesce(sum(b.size), 0)::bigint as bytes
    from blob_links l join blobs b on b.digest = l.digest where l.repository = r.id) b
where r.name = $1`,
);
