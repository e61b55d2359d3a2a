import { statement } from '../database/statement.js';

// ON CONFLICT DO NOTHING waits for whoever is inserting the same name; the caller then repeats its own statement, whose snapshot sees it.
export const createRepository = statement(
  'create_repository',
  `with t as (insert into tenants (name) values ($1) on conflict (name) do nothing)
insert into repositories (tenant, name) values ($1, $2) on conflict (name) do nothing`,
);

// Keyset over the partial index of repositories that had a manifest once; those that have none today are skipped one by one. Names have
// no comma.
export const catalogPage = statement(
  'catalog_page',
  `select string_agg(name, ',') as names from (select name from repositories r
  where listed and name > $1 and exists (select from manifests m where m.repository = r.id) order by name limit $2) page`,
);

export const findPolicy = statement('find_policy', `select policy from repositories where name = $1`);

// Not NO KEY UPDATE: pushes hold the key while they move tags, and are waited for, so that new rules hold from their commit on.
export const lockPolicy = statement('lock_policy', `select id, policy from repositories where name = $1 for update`);

export const setPolicy = statement('set_policy', `update repositories set policy = $2 where id = $1`);
