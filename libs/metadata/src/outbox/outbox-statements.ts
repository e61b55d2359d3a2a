import { statement } from '../database/statement.js';

export const outboxKinds = ['verify-blob', 'index-manifest', 'index-referrers', 'delete-object', 'abort-upload'] as const;

// The claim is the row lock: it ends with the transaction, also when its worker dies.
export const claimRows = statement(
  'outbox_claim',
  `select id, kind, key, payload, attempts from outbox where kind = $1 and parked_at is null and not_before <= now()
order by not_before limit $2 for update skip locked`,
);

// A worker is silent while it works.
export const waitLong = statement('outbox_wait_long', `set local idle_in_transaction_session_timeout = 0`);

export const removeRows = statement('outbox_remove', `delete from outbox where id = any($1::bigint[])`);

// 2, 4, 8 … seconds up to 15 minutes; after $3 attempts the row is an operator's.
export const failRows = statement(
  'outbox_fail',
  `update outbox o set attempts = o.attempts + 1, last_error = f.error,
  not_before = now() + least(interval '1 second' * 2 ^ least(o.attempts + 1, 20), interval '15 minutes'),
  parked_at = case when o.attempts + 1 >= $3 then now() end
from unnest($1::bigint[], $2::text[]) as f(id, error) where o.id = f.id`,
);

// One probe of the index per kind, however long the queues are. Not EXISTS: that may become a join, which looks for a kind among all others.
export const dueKinds = statement(
  'outbox_due_kinds',
  `select kind from unnest($1::text[]) as k(kind)
where (select true from outbox o where o.kind = k.kind and o.parked_at is null and o.not_before <= now() limit 1)`,
);

// waiting: put off, or for a time to come; failed: of those that nobody has given up. The last two: since when one is due, or parked.
export const countRows = statement(
  'outbox_counts',
  `select kind, (select count(*) from outbox o where o.kind = k.kind and o.parked_at is null and o.not_before <= now()) as due,
  (select count(*) from outbox o where o.kind = k.kind and o.parked_at is null and o.not_before > now()) as waiting,
  (select count(*) from outbox o where o.kind = k.kind and o.parked_at is not null) as parked,
  (select count(*) from outbox o where o.kind = k.kind and o.parked_at is null and o.attempts > 0) as failed,
  (select min(not_before) from outbox o where o.kind = k.kind and o.parked_at is null and o.not_before <= now()) as oldest,
  (select min(parked_at) from outbox o where o.kind = k.kind and o.parked_at is not null) as "oldestParked"
from unnest($1::text[]) as k(kind)`,
);

// For people: a walk in order of id. $1 kind or null, $2 only those that failed, $3 after, $4 limit.
export const listRows = statement(
  'outbox_list',
  `select id, kind, key, not_before, attempts, last_error, parked_at from outbox
where ($1::text is null or kind = $1) and (attempts > 0 or parked_at is not null or not $2::boolean) and id > $3 order by id limit $4`,
);

// Rows that a worker has in hand are left to it. $1 ids (null: all that are parked), $2 kind or null.
export const retryRows = statement(
  'outbox_retry',
  `with k as materialized (select id from outbox where ($1::bigint[] is null and parked_at is not null or id = any($1)) and ($2::text is null or kind = $2)
  order by id for update skip locked)
update outbox o set parked_at = null, attempts = 0, not_before = now() from k where o.id = k.id returning o.id`,
);
