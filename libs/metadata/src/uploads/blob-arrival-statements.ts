import { notifySql } from '../database/notifications.js';
import { statement } from '../database/statement.js';

// A blob's arrival in one statement, one flush. $3 digest, $4 size, $5 key, $6 grace, $7 linger, $8 leftovers of the upload.
// s: the session is consumed once. Repeating after an unknown outcome does nothing; without s the repeat would find its own blob and
//    send its own, living key to the outbox.
// k: blob before link, share-locked, so that the collector cannot take it between "already there" and the link.
// d, h: a damaged blob gets the new key; the old one goes to the outbox, after readers that looked it up are done. d re-reads the row
//    after waiting: one healer wins.
// o: bytes that were there already are not kept twice. Never deleted directly: a row first, then the bytes.
const blobArrival = (session: string): string => `with s as materialized (${session}),
d as materialized (select digest, storage_key from blobs where digest = $3 and damaged_at is not null and exists (select from s) for no key update),
k as materialized (select digest from blobs where digest = $3 and (select count(*) from d) = 0 and exists (select from s) for key share),
b as (insert into blobs (digest, size, storage_key) select $3, $4, $5 from s where (select count(*) from k) >= 0
  on conflict (digest) do nothing returning digest),
h as (update blobs set storage_key = $5, size = $4, damaged_at = null, verified_at = now() from d
  where blobs.digest = d.digest and (select count(*) from b) >= 0 returning d.storage_key as old_key),
o as (insert into outbox (kind, key, not_before)
  select 'delete-object', $5, now() from s where not exists (select from b) and not exists (select from h)
  union all select 'delete-object', old_key, now() + make_interval(secs => $7) from h
  union all select 'delete-object', leftover, now() from s, unnest($8::text[]) leftover returning key),
l as (insert into blob_links (repository, digest) select s.repository, $3 from s where (select count(*) from o) >= 0
  on conflict (repository, digest) do update set touched_at = clock_timestamp()
  where blob_links.touched_at <= clock_timestamp() - make_interval(secs => $6) / 24
  returning repository, xmax = 0 as made),
r as (insert into reviews (kind, repository, digest, not_before)
  select 'link', repository, $3, now() + make_interval(secs => $6) from l where made)`;

// $1 session, $2 repository's name, $9 the lease it must be under (null: any), $10 and $11 the state and digest that must be its last, with nobody at
// work on it (null: any). Without that, a writer from whom the session was taken over could
// make a blob of bytes that its successor, whose state names other objects, then takes for garbage.
export const finalizeSession = statement(
  'session_finalize',
  `${blobArrival(`delete from upload_sessions
  where id = $1 and repository = (select id from repositories where name = $2) and state = 'open' and ($9::uuid is null or lease = $9)
  and ($10::jsonb is null or (storage = $10 and digest_so_far is not distinct from $11 and lease is null)) returning repository`)}
select (select count(*) from s) as sessions, (select count(*) from b) as stored, (select count(*) from h) as healed`,
);

// $1 session, $2 verdict.
export const settleVerified = statement(
  'session_settle_verified',
  `${blobArrival(`update upload_sessions set state = 'verified', verdict = $2 where id = $1 and state = 'completed' returning id, repository`)}
select ${notifySql}s.id::text) from s`,
);

export const settleFailed = statement(
  'session_settle_failed',
  `with s as (update upload_sessions set state = 'failed', verdict = $2 where id = $1 and state = 'completed' returning id, storage),
o as (insert into outbox (kind, key, payload) select 'abort-upload', id::text, storage from s)
select ${notifySql}s.id::text) from s`,
);

// For a verdict that came too late (session given up, or settled by another worker): the key must not be left over, unless it is the
// very one that lives; nor be sent twice, where the other worker has found that the bytes were there already.
export const discardObject = statement(
  'discard_object',
  `insert into outbox (kind, key) select 'delete-object', $1::text where not exists (select from blobs where storage_key = $1)
  and not exists (select from outbox where kind = 'delete-object' and key = $1)`,
);
