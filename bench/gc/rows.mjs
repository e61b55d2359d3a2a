// Rows as pushes would have left them, made by the database itself: a million of them over HTTP would take the better part of an hour.

/** Blobs, links, manifests and references in `count / 5` images of five blobs each. $1 mark, $2 count, $3 repositories. */
const images = [
  `insert into tenants (name) values ('bench') on conflict do nothing`,
  `insert into repositories (tenant, name, listed) select 'bench', 'bench/' || $1 || n, true from generate_series(0, $3::int - 1) n`,
  `create temporary table made as select n, n / 5 as image, '\\x01'::bytea || sha256(convert_to($1 || n, 'utf8')) as digest,
     gen_random_uuid()::text as id, convert_to(json_build_object('schemaVersion', 2, 'mediaType', 'application/vnd.oci.image.manifest.v1+json',
       'of', $1, 'image', n / 5)::text, 'utf8') as payload, r.id as repository
   from generate_series(0, $2::int - 1) n join repositories r on r.name = 'bench/' || $1 || (n / 5) % $3::int`,
  `insert into blobs (digest, size, storage_key) select digest, 1024, 'blobs/' || right(id, 2) || '/' || id from made`,
  `insert into blob_links (repository, digest, touched_at) select repository, digest, now() - interval '2 days' from made`,
  `insert into manifests (repository, digest, media_type, size, payload)
   select repository, '\\x01'::bytea || sha256(payload), 'application/vnd.oci.image.manifest.v1+json', octet_length(payload), payload
   from made where n % 5 = 0`,
  `insert into manifest_references (repository, manifest, position, digest, kind, size, link_digest)
   select repository, '\\x01'::bytea || sha256(payload), n % 5, digest, case n % 5 when 0 then 'config' else 'layer' end, 1024, digest from made`,
];

/** Makes `count` blobs in images; answers the objects' keys and the manifests, by repository and digest. */
export async function makeImages(client, mark, count, repositories = 20) {
  if (count === 0) return { keys: [], manifests: [] };
  for (const statement of images) {
    const values = [mark, count, repositories].slice(0, Math.max(0, ...[...statement.matchAll(/\$(\d)/g)].map(([, n]) => Number(n))));
    await client.query(literally(statement, values));
  }
  const keys = await client.query(`select 'blobs/' || right(id, 2) || '/' || id as key from made`);
  const manifests = await client.query(`select r.name, digest_text('\\x01'::bytea || sha256(payload)) as digest
    from made join repositories r on r.id = made.repository where n % 5 = 0`);
  await client.query('drop table made');
  for (const table of ['blobs', 'blob_links', 'manifests', 'manifest_references']) await client.query(`vacuum (analyze) ${table}`);
  return { keys: keys.rows.map(({ key }) => key), manifests: manifests.rows };
}

/** CREATE TABLE AS takes no parameters. */
function literally(statement, values) {
  return values.reduce(
    (text, value, at) => text.replaceAll(`$${at + 1}`, typeof value === 'string' ? `'${value}'` : String(value)),
    statement,
  );
}
