// Rows as pushes would have left them, made by the database itself with all its indexes in place: ten million pushes would take days.
// Foreign keys are not asked while they are made (session_replication_role); what they would say holds by construction.
import { base, manifestType, targets } from './content.mjs';

const listed = `insert into repositories (tenant, name, listed) select 'growth', 'growth/'`;
// Of the size that an image of six layers has.
const payloadOf = (mark) =>
  `convert_to('{"schemaVersion":2,"mediaType":"${manifestType}","mark":"' || rpad(${mark}, 1000, 'x') || '"}', 'utf8')`;
const digest = (bytes) => `'\\x01'::bytea || sha256(${bytes})`;
const blob = (n) => digest(`convert_to('blob ' || ${n}, 'utf8')`);
// The first use of a link, a tag or a manifest in a while is noted on its row, on either side. Here all were used lately, and stay so however long the rows
// are kept, or the many rows of the one side would be written to while the few of the other have been.
const touched = `now() + interval '30 days'`;
const manifests = `insert into manifests (repository, digest, media_type, size, payload, last_pulled_at)
  select repository, ${digest('payload')}, '${manifestType}', octet_length(payload), payload, ${touched}`;
const shared = digest(`convert_to('${base}', 'utf8')`);
const idOf = (name) => `(select id from repositories where name = 'growth/${name}')`;

const statements = ({ tags, repositories, blobs, referrers }) => [
  `insert into tenants (name) values ('growth')`,
  `${listed} || 'r' || lpad(n::text, 7, '0'), true from generate_series(0, ${repositories - 1}) n`,
  `${listed} || name, true from unnest(array['subject', 'tags']) name`,
  `${listed} || 'target-' || n, false from generate_series(0, ${targets - 1}) n`,

  // In order of digest, and keys and repositories in the same order, so that no index is filled at random.
  `create unlogged table made as select ${blob('n')} as digest from generate_series(0, ${blobs - 1}) n order by 1`,
  `insert into blobs (digest, size, storage_key) select digest, 1024, 'blobs/' || left(hex, 2) || '/' || substr(hex, 3, 8) || '-' || substr(hex, 11, 4)
     || '-' || substr(hex, 15, 4) || '-' || substr(hex, 19, 4) || '-' || substr(hex, 23, 10) || left(hex, 2)
   from (select digest, encode(substr(digest, 2), 'hex') as hex from made) made`,
  `insert into blob_links (repository, digest, touched_at) select ${idOf('r0000000')} + ((get_byte(digest, 1) * 16777216::bigint + get_byte(digest, 2) * 65536
     + get_byte(digest, 3) * 256 + get_byte(digest, 4)) * ${repositories} / 4294967296), digest, ${touched} from made`,
  `drop table made`,
  `insert into blob_links (repository, digest, touched_at) select ${idOf('tags')}, ${blob('n')}, ${touched} from generate_series(0, 1) n`,
  `insert into blobs (digest, size, storage_key) select ${shared}, 1024, 'blobs/ba/se'`,
  `insert into blob_links (repository, digest, touched_at) select id, ${shared}, ${touched} from repositories where name like 'growth/r%' or name = 'growth/tags'`,

  `${manifests} from (select id as repository, ${payloadOf('name')} as payload from repositories where name like 'growth/r%') made`,
  `insert into tags (repository, name, digest, last_pulled_at) select repository, 'latest', digest, ${touched} from manifests`,
  `insert into manifest_references (repository, manifest, position, digest, kind, size, link_digest)
   select m.repository, m.digest, l.position, l.digest, case l.position when 0 then 'config' else 'layer' end, 1024, l.digest from manifests m
   join (select repository, digest, row_number() over (partition by repository order by digest) - 1 as position
     from blob_links where digest <> ${shared}) l
   on l.repository = m.repository and l.position < 2`,

  `create unlogged table made as select n, ${payloadOf(`'tag ' || n`)} as payload from generate_series(0, ${tags - 1}) n`,
  `${manifests} from (select ${idOf('tags')} as repository, payload from made order by sha256(payload)) made`,
  `insert into tags (repository, name, digest, last_pulled_at)
   select ${idOf('tags')}, 't' || lpad(n::text, 7, '0'), ${digest('payload')}, ${touched} from made`,
  `insert into tag_history (repository, name, digest) select repository, name, digest from tags where repository = ${idOf('tags')}`,
  `drop table made`,
  `insert into manifest_references (repository, manifest, position, digest, kind, size, link_digest)
   select repository, digest, n, ${blob('n')}, case n when 0 then 'config' else 'layer' end, 1024, ${blob('n')}
   from manifests, generate_series(0, 1) n where repository = ${idOf('tags')}`,

  `insert into manifests (repository, digest, media_type, artifact_type, subject_digest, size, payload, referrer_descriptor)
   select ${idOf('subject')}, ${digest('payload')}, '${manifestType}', 'application/vnd.example.note', ${digest(`'subject'`)}, octet_length(payload), payload,
     json_build_object('mediaType', '${manifestType}', 'digest', 'sha256:' || encode(sha256(payload), 'hex'), 'size', octet_length(payload),
       'artifactType', 'application/vnd.example.note', 'annotations', json_build_object('org.opencontainers.image.created', '2026-01-01T00:00:00Z', 'n', n))
   from (select n, ${payloadOf(`'referrer ' || n`)} as payload from generate_series(0, ${referrers - 1}) n) made`,
];

/** Fills the database of a running registry, and leaves it as autovacuum would have in time. */
export async function makeRows(client, scale, say) {
  for (const setting of [`session_replication_role = replica`, `synchronous_commit = off`, `work_mem = '1GB'`, `enable_nestloop = off`])
    await client.query(`set ${setting}`);
  for (const statement of [...statements(scale), 'vacuum (analyze)', 'checkpoint']) {
    const begun = performance.now();
    await client.query(statement);
    const seconds = (performance.now() - begun) / 1_000;
    if (seconds > 1) say(`${seconds.toFixed(0).padStart(4)} s  ${statement.replace(/\s+/g, ' ').slice(0, 90)}`);
  }
}
