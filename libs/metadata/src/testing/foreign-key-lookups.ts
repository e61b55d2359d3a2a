import type { Statement } from '../database/statement.js';
import type { TestDatabase } from './with-database.js';

/**
 * What PostgreSQL looks up when a row is written that points at another (`parents`), and when one is deleted that others may point at (`children`):
 * by the conditions of its ri_triggers.c, which deletes by the latter where a key cascades.
 */
export async function foreignKeyLookups(database: TestDatabase): Promise<{ parents: Statement[]; children: Statement[] }> {
  const keys = await database.sql<{ name: string; child: string; parent: string; columns: string[]; referred: string[] }>(
    `select conname as name, conrelid::regclass::text as child, confrelid::regclass::text as parent,
    array(select attname::text from unnest(conkey) with ordinality k(n, at) join pg_attribute on attrelid = conrelid and attnum = n order by at) as columns,
    array(select attname::text from unnest(confkey) with ordinality k(n, at) join pg_attribute on attrelid = confrelid and attnum = n order by at) as referred
    from pg_constraint where contype = 'f' and connamespace = current_schema::regnamespace order by conname`,
  );
  const lookup = (name: string, table: string, columns: string[]): Statement => ({
    name,
    text: `select 1 from only ${table} x where ${columns.map((column, at) => `${column} = $${at + 1}`).join(' and ')} for key share of x`,
  });
  return {
    parents: keys.map(({ name, parent, referred }) => lookup(name, parent, referred)),
    children: keys.map(({ name, child, columns }) => lookup(name, child, columns)),
  };
}
