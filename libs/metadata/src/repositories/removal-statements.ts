import { statement } from '../database/statement.js';

/** No repository is called like this, and every repository's name sorts before it: what was removed is under `~<id>` until it is cleared away. */
export const removedPrefix = '~';

// In one instant it is gone for everybody, and its name is free. The name is a key, so this waits for pushes that hold the row; those that come
// later look for the name again and make a new repository. $1 name.
export const hideRepository = statement(
  'repository_hide',
  `update repositories set name = '${removedPrefix}' || id, policy = '{}', listed = false where name = $1 returning id`,
);

export const nextRemoved = statement('removal_next', `select id from repositories where name > '${removedPrefix}' order by name limit 1`);

// No row: nothing was removed, or it is being cleared away. Runs that fail again and again come minutes apart; the unique index lets one of many
// workers win.
export const resumeRemoval = statement(
  'removal_resume',
  `insert into maintenance_runs (kind, scheduled) select 'removal', true
where exists (select from repositories where name > '${removedPrefix}')
  and not exists (select from maintenance_runs where kind = 'removal'
    and (finished_at is null or (scheduled and requested_at > now() - interval '5 minutes')))
on conflict (kind) where scheduled and finished_at is null do nothing returning id`,
);

// Another run may have had the same rows in hand, and removed them while this one waited: what was found tells whether to look on.
const counted = 'select (select count(*) from d) as removed, (select count(*) from k) as found';

// Bytes that only the session knows go to the outbox, as when it is cancelled or expires.
const clearSessions = statement(
  'removal_sessions',
  `with k as materialized (select id from upload_sessions where repository = $1 limit $2),
d as (delete from upload_sessions s using k where s.id = k.id returning s.id, s.state, s.storage),
o as (insert into outbox (kind, key, payload) select 'abort-upload', id::text, storage from d where state in ('open', 'completed'))
${counted}`,
);

// References first: without them no manifest holds another, and no link is in use.
const clearReferences = statement(
  'removal_references',
  `with k as materialized (select manifest, position from manifest_references where repository = $1 order by manifest, position limit $2),
d as (delete from manifest_references f using k where f.repository = $1 and f.manifest = k.manifest and f.position = k.position returning 1)
${counted}`,
);

const clearTags = statement(
  'removal_tags',
  `with k as materialized (select repository, name from tags where repository = $1 order by name limit $2),
d as (delete from tags t using k where t.repository = k.repository and t.name = k.name returning 1)
${counted}`,
);

const clearManifests = statement(
  'removal_manifests',
  `with k as materialized (select repository, digest from manifests where repository = $1 order by digest limit $2),
d as (delete from manifests m using k where m.repository = k.repository and m.digest = k.digest returning 1)
${counted}`,
);

// As the collector does: whoever takes a blob's link has the blob looked at.
const clearLinks = statement(
  'removal_links',
  `with k as materialized (select repository, digest from blob_links where repository = $1 order by digest limit $2),
d as (delete from blob_links l using k where l.repository = k.repository and l.digest = k.digest returning l.digest),
r as (insert into reviews (kind, digest) select 'blob', digest from d)
${counted}`,
);

const clearHistory = statement(
  'removal_history',
  `with k as materialized (select id from tag_history where repository = $1 order by at, id limit $2),
d as (delete from tag_history h using k where h.id = k.id returning 1)
${counted}`,
);

/** In the order in which they can go. $1 repository, $2 limit. */
export const clearing = {
  uploads: clearSessions,
  references: clearReferences,
  tags: clearTags,
  manifests: clearManifests,
  links: clearLinks,
  moves: clearHistory,
} as const;

// The row itself takes two statements in one transaction. After the first nobody can add anything: who does share-locks the row, or has a row of
// the repository's in hand. The second, a new snapshot, sees what was added before; then there is more to clear. $1 repository.
export const lockRemoved = statement('removal_lock', `select id from repositories where id = $1 and name > '${removedPrefix}' for update`);

export const dropRepository = statement(
  'removal_drop',
  `delete from repositories where id = $1
  and not exists (select from upload_sessions where repository = $1) and not exists (select from tags where repository = $1)
  and not exists (select from manifests where repository = $1) and not exists (select from blob_links where repository = $1)
  and not exists (select from tag_history where repository = $1) returning id`,
);
