import { statement } from '../database/statement.js';

// Seconds ago instead of times: the clocks of replicas differ. Rows that somebody has locked are left out: whoever pushes or deletes one
// must not wait for this, nor this for him. Written at most once a minute for a tag, once an hour for a manifest, whose row is longer.
export const recordTagPulls = statement(
  'record_tag_pulls',
  `with w as materialized (select r.id as repository, w.tag, w.ago
  from unnest($1::text[], $2::text[], $3::float8[]) as w(name, tag, ago) join repositories r on r.name = w.name),
k as materialized (select t.repository, t.name, now() - make_interval(secs => w.ago) as at
  from w join tags t on t.repository = w.repository and t.name = w.tag
  where t.last_pulled_at is null or t.last_pulled_at < now() - make_interval(secs => w.ago + 60) for no key update of t skip locked)
update tags t set last_pulled_at = k.at from k where t.repository = k.repository and t.name = k.name`,
);

export const recordManifestPulls = statement(
  'record_manifest_pulls',
  `with w as materialized (select r.id as repository, w.digest, w.ago
  from unnest($1::text[], $2::bytea[], $3::float8[]) as w(name, digest, ago) join repositories r on r.name = w.name),
k as materialized (select m.repository, m.digest, now() - make_interval(secs => w.ago) as at
  from w join manifests m on m.repository = w.repository and m.digest = w.digest
  where m.last_pulled_at is null or m.last_pulled_at < now() - make_interval(secs => w.ago + 3600) for no key update of m skip locked)
update manifests m set last_pulled_at = k.at from k where m.repository = k.repository and m.digest = k.digest`,
);
