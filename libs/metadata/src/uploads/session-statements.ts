import { statement } from '../database/statement.js';

// These rows go through connections whose commits don't wait for the disk: a crash of Postgres may lose an unfinished session, never
// acknowledged content. What records a verdict or stores a blob is elsewhere, and does wait.

const columns = `s.id, r.name as repository, s.state, s."offset", s.storage, s.digest_so_far, s.algorithm, s.claimed, s.verdict`;

// No row for those whose repository has none yet. $5: the leases of those who begin one for bytes of their own; null: for whoever comes. $6 and $7:
// what they have got already, where their rows are written behind.
export const beginSessions = statement(
  'session_begin',
  `with n as materialized (select n.*, r.id as repository
  from unnest($1::uuid[], $2::text[], $3::jsonb[], $4::text[], $5::uuid[], $6::bigint[], $7::bytea[])
    with ordinality as n(session, name, storage, algorithm, lease, "offset", digest, place)
  join repositories r on r.name = n.name),
i as (insert into upload_sessions (id, repository, storage, algorithm, lease, "offset", digest_so_far, expires_at)
  select session, repository, storage, algorithm, lease, "offset", digest, now() + make_interval(secs => $8) from n)
select place from n`,
);

// Another repository's session is not found.
export const findSession = statement(
  'session_find',
  `select ${columns} from upload_sessions s join repositories r on r.id = s.repository where s.id = $1 and r.name = $2`,
);

// Takes the lease, also from somebody who still holds it: o waits for a writer that is recording and then sees what it recorded.
// $4 null: at whatever offset. A lease that a crash of Postgres could lose would let two writers into one file, so where there is a file to go
// on in, this commit waits for the disk; a first writer makes a file of its own.
export const leaseSession = statement(
  'session_lease',
  `with o as materialized (select ${columns}, s.lease from upload_sessions s join repositories r on r.id = s.repository
  where s.id = $1 and r.name = $2 and s.state = 'open' for no key update of s),
l as (update upload_sessions s set lease = $3 from o where s.id = o.id and ($4::bigint is null or o."offset" = $4) returning s.id)
select o.*, exists (select from l) as leased, case when o."offset" > 0 then set_config('synchronous_commit', 'on', true) end as flushed from o`,
);

// expires_at is indexed, so it is written only when half of the time is over; else the update stays HOT.
const prolonged = (seconds: string): string =>
  `expires_at = case when expires_at < now() + make_interval(secs => ${seconds}) / 2 then now() + make_interval(secs => ${seconds}) else expires_at end`;

// No row: the lease was taken over, and what was written since is not the session's.
export const recordProgress = statement(
  'session_record',
  `update upload_sessions set "offset" = $3, storage = $4, digest_so_far = $5, lease = case when $6::boolean then null else lease end,
  ${prolonged('$7')}
where id = $1 and lease = $2 and state = 'open' and "offset" <= $3 returning id`,
);

// The first bytes of sessions, received under no lease and stored apart from them: they count where a session still is as it began ($3), and nobody
// is at work on it. $7: the leases they are under from now on, or null. Of two for one session one is taken. Rows are locked in order of id, or two
// batches could wait for each other.
export const recordFirsts = statement(
  'session_record_first',
  `update upload_sessions s set "offset" = f."offset", storage = f.storage, digest_so_far = f.digest, lease = f.lease, ${prolonged('$8')}
from (select f.*, r.id as repository from unnest($1::uuid[], $2::text[], $3::jsonb[], $4::bigint[], $5::jsonb[], $6::bytea[], $7::uuid[])
  with ordinality as f(session, name, began, "offset", storage, digest, lease, place)
  join repositories r on r.name = f.name order by f.session) f
where s.id = f.session and s.repository = f.repository and s.state = 'open' and s.storage = f.began and s.lease is null returning f.place`,
);

// Bytes that were stored apart from a session ($3), and are not to be its. Whatever anybody believes to know of them: what the session has is no
// garbage, nor is what a blob has ($4: the object that the bytes are, if one).
export const discardUpload = statement(
  'upload_discard',
  `insert into outbox (kind, key, payload) select 'abort-upload', $1, $2::jsonb
where not exists (select from upload_sessions where id = $3 and storage = $2::jsonb) and not exists (select from blobs where storage_key = $4::text)`,
);

// For a body that takes long: what is at work does not expire. Under no lease are only those who would be the first.
export const prolongSession = statement(
  'session_prolong',
  `update upload_sessions set expires_at = now() + make_interval(secs => $3) where id = $1 and (lease = $2 or lease is null) and state = 'open' returning id`,
);

// A completed one may be given up too: its worker then finds no session, and sends what it made to the outbox.
export const cancelSession = statement(
  'session_cancel',
  `with s as (delete from upload_sessions where id = $1 and repository = (select id from repositories where name = $2)
  and state in ('open', 'completed') and ($3::uuid is null or lease = $3) returning id, storage)
insert into outbox (kind, key, payload) select 'abort-upload', id::text, storage from s returning id`,
);

// $5: the lease it must still be under, or null.
export const completeSession = statement(
  'session_complete',
  `with s as (update upload_sessions set state = 'completed', claimed = $3, lease = null, expires_at = now() + make_interval(secs => $4)
  where id = $1 and repository = (select id from repositories where name = $2) and state = 'open' and ($5::uuid is null or lease = $5)
  returning id)
insert into outbox (kind, key) select 'verify-blob', id::text from s returning id`,
);

export const findCompleted = statement(
  'session_find_completed',
  `select ${columns} from upload_sessions s join repositories r on r.id = s.repository where s.id = $1 and s.state = 'completed'`,
);

// The batched wait for verdicts.
export const findVerdicts = statement('session_verdicts', `select id, state, verdict from upload_sessions where id = any($1::uuid[])`);

// Settled ones have given up their bytes already, or to a blob.
export const expireSessions = statement(
  'session_expire',
  `with due as materialized (select id from upload_sessions where expires_at <= now() order by expires_at limit $1 for update skip locked),
s as (delete from upload_sessions s using due where s.id = due.id returning s.id, s.state, s.storage),
o as (insert into outbox (kind, key, payload) select 'abort-upload', id::text, storage from s where state in ('open', 'completed'))
select count(*) as expired from s`,
);
