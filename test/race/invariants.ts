/** What may never be seen in the database, at any moment: each counts violations, all in one snapshot. */
const invariants: Readonly<Record<string, string>> = {
  'a reference without link, blob and manifest': `select count(*) from manifest_references f
    left join blob_links l on l.repository = f.repository and l.digest = f.digest left join blobs b on b.digest = l.digest
    left join manifests c on c.repository = f.repository and c.digest = f.digest where b.digest is null and c.digest is null`,
  'a reference of a manifest that is gone': `select count(*) from manifest_references f
    where not exists (select from manifests m where m.repository = f.repository and m.digest = f.manifest)`,
  'a living object that is going to be deleted': `select count(*) from blobs b join outbox o on o.kind = 'delete-object' and o.key = b.storage_key`,
  'an object that is going to be deleted twice': `select count(*) - count(distinct key) from outbox where kind = 'delete-object'`,
  'a tag that differs from its history': `select count(*) from tags t full join (select distinct on (repository, name) repository, name, digest
    from tag_history order by repository, name, id desc) h using (repository, name) where t.digest is distinct from h.digest`,
  'history of a repository that is gone': `select count(*) from tag_history h
    where not exists (select from repositories r where r.id = h.repository)`,
  'a free link that nobody will review': `select count(*) from blob_links l
    where not exists (select from manifest_references f where f.repository = l.repository and f.digest = l.digest)
    and not exists (select from reviews v where v.kind = 'link' and v.repository = l.repository and v.digest = l.digest)`,
  'a free blob that nobody will review': `select count(*) from blobs b where not exists (select from blob_links l where l.digest = b.digest)
    and not exists (select from reviews v where v.kind = 'blob' and v.digest = b.digest)`,
};

const names = Object.keys(invariants);

/** One statement that answers the number of violations of each invariant, by its place. */
export const countViolations = `select ${Object.values(invariants)
  .map((statement, at) => `(${statement})::int as n${at}`)
  .join(', ')}`;

/** What a row of that statement complains of. */
export function violationsIn(row: Readonly<Record<string, number>>): string[] {
  return names
    .map((name, at) => ({ name, count: row[`n${at}`] ?? 0 }))
    .flatMap(({ name, count }) => (count === 0 ? [] : [`${name}: ${count}`]));
}
