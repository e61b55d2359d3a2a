import { notifySql } from '../database/notifications.js';
import { statement } from '../database/statement.js';

// The arrival of blobs in one statement, one flush. $1 grace, $2 linger.
// s: sessions (that c or whoever sends this has consumed, each once) with what they bring; `leftovers` of an upload, or null. Repeating after an
//    unknown outcome does nothing; without c the repeat would find its own blob and send its own, living key to the outbox.
// n: of those that bring the same, one. In order of digest, as all that lock more than one.
// k: blob before link, share-locked, so that the collector cannot take it between "already there" and the link.
// d, h: a damaged blob gets the new key; the old one goes to the outbox, after readers that looked it up are done. d re-reads the row
//    after waiting: one healer wins.
// o: bytes that were there already are not kept twice. Never deleted directly: a row first, then the bytes.
const blobArrival = (sessions: string): string => `s as materialized (${sessions}),
n as materialized (select distinct on (digest) digest, size, key from s order by digest, place),
d as materialized (select b.digest, b.storage_key from n join blobs b on b.digest = n.digest where b.damaged_at is not null
  order by b.digest for no key update of b),
k as materialized (select b.digest from n join blobs b on b.digest = n.digest where (select count(*) from d) >= 0
  and not exists (select from d where d.digest = n.digest) order by b.digest for key share of b),
b as (insert into blobs (digest, size, storage_key) select digest, size, key from n where (select count(*) from k) >= 0
  on conflict (digest) do nothing returning storage_key),
h as (update blobs set storage_key = n.key, size = n.size, damaged_at = null, verified_at = now() from d join n on n.digest = d.digest
  where blobs.digest = d.digest and (select count(*) from b) >= 0 returning blobs.storage_key, d.storage_key as old_key),
kept as materialized (select storage_key from b union all select storage_key from h),
o as (insert into outbox (kind, key, not_before)
  select 'delete-object', key, now() from s where not exists (select from kept where kept.storage_key = s.key)
  union all select 'delete-object', old_key, now() + make_interval(secs => $2) from h
  union all select 'delete-object', leftover, now() from s, jsonb_array_elements_text(s.leftovers) leftover returning key),
l as (insert into blob_links (repository, digest) select distinct repository, digest from s where (select count(*) from o) >= 0
  order by repository, digest
  on conflict (repository, digest) do update set touched_at = clock_timestamp()
  where blob_links.touched_at <= clock_timestamp() - make_interval(secs => $1) / 24
  returning repository, digest, xmax = 0 as made),
r as (insert into reviews (kind, repository, digest, not_before)
  select 'link', repository, digest, now() + make_interval(secs => $1) from l where made)`;

// $3 sessions, $4 names of their repositories, $5 digests, $6 sizes, $7 keys, $8 leftovers, $9 the leases they must be under (null: any), $10 and $11
// the states and digests that must be their last, with nobody at work on them (null: any). Without that, a writer from whom the session was taken
// over could make a blob of bytes that its successor, whose state names other objects, then takes for garbage. A session that is null has no row
// yet, so that nobody else can have been at it: whoever sends that has consumed it, and never sends it again.
export const finalizeSessions = statement(
  'session_finalize',
  `with a as materialized (select a.*, r.id as repository
  from unnest($3::uuid[], $4::text[], $5::bytea[], $6::bigint[], $7::text[], $8::jsonb[], $9::uuid[], $10::jsonb[], $11::bytea[])
    with ordinality as a(session, name, digest, size, key, leftovers, lease, storage, digest_so_far, place)
  join repositories r on r.name = a.name order by a.session),
c as (delete from upload_sessions u using a
  where u.id = a.session and u.repository = a.repository and u.state = 'open' and (a.lease is null or u.lease = a.lease)
  and (a.storage is null or (u.storage = a.storage and u.digest_so_far is not distinct from a.digest_so_far and u.lease is null))
  returning a.place, u.repository, a.digest, a.size, a.key, a.leftovers),
${blobArrival(`select * from c union all select place, repository, digest, size, key, leftovers from a where session is null`)}
select place, exists (select from b where b.storage_key = s.key), exists (select from h where h.storage_key = s.key) from s`,
);

// $3 session, $4 verdict, $5 digest, $6 size, $7 key, $8 leftovers.
export const settleVerified = statement(
  'session_settle_verified',
  `with c as (update upload_sessions set state = 'verified', verdict = $4 where id = $3 and state = 'completed'
  returning 1 as place, id, repository, $5::bytea as digest, $6::bigint as size, $7::text as key, $8::jsonb as leftovers),
${blobArrival('select * from c')}
select ${notifySql}s.id::text) from s`,
);

// $1 session, $2 verdict.
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
