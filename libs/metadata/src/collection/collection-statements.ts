import { statement } from '../database/statement.js';

// Collecting takes two statements in one transaction, READ COMMITTED. The first claims due reviews and locks only what looks deletable (a
// lock on a link in use would make its pushers wait); SKIP LOCKED twice: the collector never waits for anybody, so it is in no deadlock.
// The second has a new snapshot: what was referenced or touched before we got the lock is seen now, and after it nobody can. Foreign keys
// are the last guard. Nothing here is found by a scan: a review says where to look.

// An open reference (its target was missing, and optional) counts: the blob may have come later. Not EXISTS: of two under an OR, Postgres
// may make hash tables of all references there are, and a plan made while that table is small lives on.
const referenced = (row: string): string => `coalesce(
    (select true from manifest_references f where f.repository = ${row}.repository and f.link_digest = ${row}.digest limit 1),
    (select true from manifest_references f where f.repository = ${row}.repository and f.digest = ${row}.digest
      and f.link_digest is null and f.child_digest is null limit 1), false)`;

const untouched = (grace: string): string => `l.touched_at <= now() - make_interval(secs => ${grace})`;

export const reviewsDue = statement(
  'gc_due',
  `select exists (select from reviews where kind = 'link' and not_before <= now())
  or exists (select from reviews where kind = 'blob' and not_before <= now()) as due`,
);

// $1 limit, $2 grace.
export const claimLinks = statement(
  'gc_claim_links',
  `with due as materialized (select id, repository, digest from reviews where kind = 'link' and not_before <= now()
  order by not_before limit $1 for update skip locked),
locked as materialized (select l.repository, l.digest from (select distinct repository, digest from due) d
  join blob_links l on l.repository = d.repository and l.digest = d.digest
  where ${untouched('$2')} and not ${referenced('l')} for update of l skip locked)
select array(select id from due) as ids, array(select repository from locked) as repositories, array(select digest from locked) as digests`,
);

// $1 review ids, $2 repositories, $3 digests (what was locked), $4 grace. A review goes when its link is gone or referenced, else it comes
// back when the link's time is over; one whose link somebody else had locked comes back soon.
export const deleteLinks = statement(
  'gc_delete_links',
  `with gone as (delete from blob_links l using unnest($2::bigint[], $3::bytea[]) as c(repository, digest)
  where l.repository = c.repository and l.digest = c.digest and ${untouched('$4')} and not ${referenced('l')}
  returning l.repository, l.digest),
b as (insert into reviews (kind, digest) select distinct 'blob', digest from gone),
v as materialized (select r.id, l.touched_at, ${referenced('r')} as used,
    l.digest is null or (r.repository, r.digest) in (select repository, digest from gone) as gone
  from reviews r left join blob_links l on l.repository = r.repository and l.digest = r.digest where r.id = any($1::bigint[])),
done as (delete from reviews using v where reviews.id = v.id and (v.gone or v.used)),
later as (update reviews set not_before = greatest(v.touched_at + make_interval(secs => $4), now() + interval '50 ms')
  from v where reviews.id = v.id and not (v.gone or v.used))
select count(*) as collected from gone`,
);

// $1 limit.
export const claimBlobs = statement(
  'gc_claim_blobs',
  `with due as materialized (select id, digest from reviews where kind = 'blob' and not_before <= now()
  order by not_before limit $1 for update skip locked),
locked as materialized (select b.digest from (select distinct digest from due) d join blobs b on b.digest = d.digest
  where not exists (select from blob_links l where l.digest = b.digest) for update of b skip locked)
select array(select id from due) as ids, array(select digest from locked) as digests`,
);

// $1 review ids, $2 digests, $3 linger. Only keys of rows that this statement deletes go to the outbox.
export const deleteBlobs = statement(
  'gc_delete_blobs',
  `with gone as (delete from blobs b using unnest($2::bytea[]) as c(digest)
  where b.digest = c.digest and not exists (select from blob_links l where l.digest = b.digest) returning b.digest, b.size, b.storage_key),
o as (insert into outbox (kind, key, not_before) select 'delete-object', storage_key, now() + make_interval(secs => $3) from gone),
v as materialized (select r.id, b.digest is null or r.digest in (select digest from gone)
    or coalesce((select true from blob_links l where l.digest = r.digest limit 1), false) as done
  from reviews r left join blobs b on b.digest = r.digest where r.id = any($1::bigint[])),
done as (delete from reviews using v where reviews.id = v.id and v.done),
later as (update reviews set not_before = now() + interval '50 ms' from v where reviews.id = v.id and not v.done)
select count(*) as collected, coalesce(sum(size), 0)::bigint as bytes from gone`,
);

// What a collection would take, a page of digests at a time. $1 after, $2 limit, $3 grace. A blob goes where each of its links would.
export const estimate = statement(
  'gc_estimate',
  `with page as materialized (select digest from reviews where kind in ('link', 'blob') and not_before <= now() and digest > $1
  group by digest order by digest limit $2),
k as materialized (select l.digest, ${untouched('$3')} and not ${referenced('l')} as free
  from page join blob_links l on l.digest = page.digest),
b as materialized (select b.size from page join blobs b on b.digest = page.digest
  where not exists (select from k where k.digest = b.digest and not k.free))
select (select count(*) from k where free) as links, (select count(*) from b) as blobs,
  (select coalesce(sum(size), 0)::bigint from b) as bytes, (select digest from page order by digest desc limit 1) as last`,
);

// The queue of the collector, as that of the outbox. $1 kinds.
export const countReviews = statement(
  'gc_counts',
  `select kind, (select count(*) from reviews r where r.kind = k.kind and r.not_before <= now()) as due,
  (select count(*) from reviews r where r.kind = k.kind and r.not_before > now()) as waiting,
  (select min(not_before) from reviews r where r.kind = k.kind and r.not_before <= now()) as oldest
from unnest($1::text[]) as k(kind)`,
);

// What waits for its time: reviews for the grace, keys for the linger.
export const pending = statement(
  'gc_pending',
  `select (select count(*) from reviews) as reviews, (select min(not_before) from reviews where not_before > now()) as next_review,
  (select count(*) from outbox where kind = 'delete-object' and parked_at is null) as objects,
  (select min(not_before) from outbox where kind = 'delete-object' and parked_at is null) as next_object`,
);
