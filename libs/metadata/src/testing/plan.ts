import type { Database } from '../database/database.js';
import type { Statement } from '../database/statement.js';
import type { TestDatabase } from './with-database.js';

/** A step of a plan, as PostgreSQL names its parts. */
export interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Filter?: string;
  readonly 'Join Filter'?: string;
  readonly Plans?: PlanNode[];
}

/** The steps of the plan that a connection of the product makes once and keeps. */
export async function planOf(db: Database, { text }: Statement): Promise<PlanNode[]> {
  const { rows } = await db.main.driver.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(`explain (generic_plan, format json) ${text}`);
  const nodes: PlanNode[] = [];
  const add = (node: PlanNode): void => {
    nodes.push(node);
    node.Plans?.forEach(add);
  };
  add(rows[0]!['QUERY PLAN'][0].Plan);
  return nodes;
}

/** What reads a table or an index from one end to the other. */
export const scansOf = (nodes: PlanNode[]): string[] =>
  nodes
    .filter((node) => node['Relation Name'] ?? node['Index Name'])
    .filter((node) => / Scan$/.test(node['Node Type']) && !node['Index Cond'])
    .map((node) => `${node['Node Type']} on ${node['Index Name'] ?? node['Relation Name']}`);

/** The first column of each index. */
export async function leadersOf(database: TestDatabase): Promise<ReadonlyMap<string, string>> {
  const rows = await database.sql<{ name: string; column: string }>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid, 1, true) as column from pg_index`,
  );
  return new Map(rows.map(({ name, column }) => [name, column]));
}

/** Where an index is read by conditions that leave out its first column: all of it, or once for each value there. */
export const skipsOf = (nodes: PlanNode[], leaders: ReadonlyMap<string, string>): string[] =>
  nodes
    .filter((node) => node['Index Cond'] && !new RegExp(`\\b${leaders.get(node['Index Name']!)}\\b`).test(node['Index Cond']))
    .map((node) => `${node['Index Name']}: ${node['Index Cond']}`);

/** What orders rows that did not come in order. */
export const sortsOf = (nodes: PlanNode[]): string[] => nodes.map((node) => node['Node Type']).filter((type) => /Sort$/.test(type));

// What finds a row: its key, or part of it. Not where it is looked for in a hash table.
const key = /\b(repository|name|tag|digest|\w+_digest)\)?(::text)? = (?!\(hashed )/;

/** Keys that are compared row by row, after an index has been read by less: by the repository alone, say, for one of its tags. */
export const lateKeysOf = (nodes: PlanNode[]): string[] =>
  nodes.flatMap((node) =>
    [node.Filter, node['Join Filter']]
      .filter((filter) => filter && key.test(filter))
      .map((filter) => `${node['Node Type']} ${node['Index Name'] ?? ''}: ${filter}`),
  );
