import { statement } from '../database/statement.js';

// Only if it is still that object: what was healed, collected or pushed again meanwhile has another key, or no row.
export const markDamaged = statement(
  'damage_mark',
  `update blobs set damaged_at = now() where digest = $1 and storage_key = $2 and damaged_at is null returning digest`,
);

export const markSound = statement(
  'damage_clear',
  `update blobs set damaged_at = null, verified_at = now() where digest = $1 and storage_key = $2 and damaged_at is not null returning digest`,
);

// Through the partial index of damaged ones, which is nearly empty.
export const damagedBlobs = statement(
  'damage_list',
  `select b.digest, b.size, b.storage_key, b.damaged_at,
  array(select r.name from blob_links l join repositories r on r.id = l.repository where l.digest = b.digest order by r.name limit 10) as repositories
from blobs b where b.damaged_at is not null and b.digest > $1 order by b.digest limit $2`,
);

export const countDamaged = statement('damage_count', `select count(*) as count from blobs where damaged_at is not null`);

// A walk over all blobs in order of digest; $1 after.
export const nextBlobs = statement(
  'scrub_next',
  `select digest, size, storage_key, damaged_at is not null as damaged from blobs where digest > $1 order by digest limit $2`,
);
