import { statement } from '../database/statement.js';

const columns = `id, kind, scheduled, dry_run, options, requested_at, started_at, finished_at, heartbeat, progress, report, error`;

// A claim is worth as much as its heartbeat: a worker that was killed, or lost its database, loses it.
const free = `finished_at is null and (claim is null or heartbeat < now() - make_interval(secs => $1))`;

export const requestRun = statement(
  'maintenance_request',
  `insert into maintenance_runs (kind, dry_run, options) values ($1, $2, $3) returning id`,
);

// $2: seconds since the last one began. The unique index lets one of many workers win.
export const scheduleRun = statement(
  'maintenance_schedule',
  `insert into maintenance_runs (kind, scheduled) select $1, true
where not exists (select from maintenance_runs where kind = $1 and scheduled
  and (finished_at is null or requested_at > now() - make_interval(secs => $2)))
on conflict (kind) where scheduled and finished_at is null do nothing returning id`,
);

// Their orphans go with them.
export const purgeRuns = statement(
  'maintenance_purge',
  `delete from maintenance_runs where finished_at < now() - make_interval(days => $1)`,
);

export const findRun = statement('maintenance_find', `select ${columns} from maintenance_runs where id = $1`);

// $1 null: every kind.
export const listRuns = statement(
  'maintenance_list',
  `select ${columns} from maintenance_runs where ($1::text is null or kind = $1) order by id desc limit $2`,
);

export const unfinishedRuns = statement(
  'maintenance_unfinished',
  `select ${columns} from maintenance_runs where finished_at is null order by id desc`,
);

// One probe of a nearly empty index.
export const dueQueues = statement('maintenance_due', `select distinct kind, scheduled from maintenance_runs where ${free}`);

export const claimRun = statement(
  'maintenance_claim',
  `with due as materialized (select id from maintenance_runs where kind = $2 and scheduled = $3 and ${free}
  order by id limit 1 for update skip locked)
update maintenance_runs r set claim = $4, heartbeat = now(), started_at = coalesce(started_at, now()) from due where r.id = due.id
returning ${columns.replace('id', 'r.id')}`,
);

// No row: the claim is lost. $3 null: still at work, nothing new to tell.
export const beat = statement(
  'maintenance_beat',
  `update maintenance_runs set heartbeat = now(), progress = coalesce($3, progress)
where id = $1 and claim = $2 and finished_at is null returning id`,
);

export const releaseRun = statement(
  'maintenance_release',
  `update maintenance_runs set claim = null where id = $1 and claim = $2 and finished_at is null returning id`,
);

export const finishRun = statement(
  'maintenance_finish',
  `update maintenance_runs set finished_at = now(), report = $3, error = $4, claim = null
where id = $1 and claim = $2 and finished_at is null returning id`,
);

export const cancelRun = statement(
  'maintenance_cancel',
  `update maintenance_runs set finished_at = now(), error = 'cancelled', claim = null where id = $1 and finished_at is null returning id`,
);
