import type { Statement } from '../database/statement.js';
import { clearing } from '../repositories/removal-statements.js';
import { withDatabase } from '../testing/index.js';
import * as collection from './collection-statements.js';
import * as damage from './damage-statements.js';
import * as sweep from './orphan-statements.js';

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: PlanNode[];
}

const database = withDatabase();

/** The nodes of the plan that a connection of the product makes once and keeps. */
async function planOf({ text }: Statement): Promise<PlanNode[]> {
  const { rows } = await database.db.main.driver.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
    `explain (generic_plan, format json) ${text}`,
  );
  const nodes: PlanNode[] = [];
  const add = (node: PlanNode): void => {
    nodes.push(node);
    node.Plans?.forEach(add);
  };
  add(rows[0]!['QUERY PLAN'][0].Plan);
  return nodes;
}

/** What reads a table or an index from one end to the other. A bitmap's condition is with the index below it. */
const scans = (nodes: PlanNode[]) =>
  nodes
    .filter((node) => node['Relation Name'] ?? node['Index Name'])
    .filter((node) => / Scan$/.test(node['Node Type']) && node['Node Type'] !== 'Bitmap Heap Scan' && !node['Index Cond'])
    .map((node) => `${node['Node Type']} on ${node['Relation Name'] ?? node['Index Name']}`);

// Reports, and those that look through all uploads there are: none of them on the way of a collection.
const { pending, ...collecting } = collection;
const { countDamaged: _count, ...scrubbing } = damage;
const { uploads: _uploads, ...removing } = clearing;
const { findOrphans: _find, deleteOrphans: _delete, findOrphanUploads: _findUploads, ...sweeping } = sweep;

describe('the statements of collection, scrub, sweep and removal', () => {
  it.each(
    Object.values({ ...collecting, ...scrubbing, ...sweeping, ...removing }).map((statement) => [statement.name, statement] as const),
  )('%s finds every row through a condition of an index', async (_name, statement) => {
    expect(scans(await planOf(statement))).toEqual([]);
  });

  it.each([sweep.findOrphans, sweep.deleteOrphans].map((statement) => [statement.name, statement] as const))(
    '%s scans nothing but uploads',
    async (_name, statement) => {
      const scanned = scans(await planOf(statement)).filter((scan) => !/upload_sessions|outbox_due|on outbox$/.test(scan));
      expect(scanned).toEqual([]);
    },
  );

  it('are told apart from one that does scan', async () => {
    expect(scans(await planOf(pending))).not.toEqual([]);
  });
});
