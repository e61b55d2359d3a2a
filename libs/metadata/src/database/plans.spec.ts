import * as arrivals from '../uploads/blob-arrival-statements.js';
import * as blobs from '../blobs/blob-statements.js';
import * as manifests from '../manifests/manifest-statements.js';
import * as outbox from '../outbox/outbox-statements.js';
import { putManifest } from '../manifests/put-statement.js';
import * as repositories from '../repositories/repository-statements.js';
import * as retention from '../retention/retention-statements.js';
import * as sessions from '../uploads/session-statements.js';
import * as pulls from '../pulls/pull-statements.js';
import * as history from '../tags/history-statements.js';
import * as tags from '../tags/tag-statements.js';
import { withDatabase } from '../testing/index.js';
import type { Statement } from './statement.js';

const database = withDatabase();
// Counting is for operators, and counts.
const { outboxKinds: _kinds, countRows: _count, ...outboxStatements } = outbox;
const statements: Statement[] = [
  blobs,
  manifests,
  { putManifest },
  repositories,
  sessions,
  arrivals,
  tags,
  history,
  pulls,
  retention,
  outboxStatements,
].flatMap((module) => Object.values(module as Record<string, Statement>));
/** They order what one request brings, or what one manifest has, to lock it in order: a handful of rows; the last sums up, on nobody's way. */
const sortsToLock = new Set([
  'touch_links',
  'put_manifest',
  'delete_manifest',
  'retention_drop_tags',
  'retention_drop_manifest',
  'retention_names',
]);

describe('the plan of', () => {
  it.each(statements.filter(({ text }) => !text.startsWith('set ')).map((statement) => [statement.name, statement] as const))(
    '%s finds its rows through indexes, on empty tables too',
    async (name, { text }) => {
      const { rows } = await database.db.main.driver.query<{ 'QUERY PLAN': string }>(`explain (generic_plan) ${text}`);
      const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(plan).not.toMatch(/Seq Scan/);
      if (!sortsToLock.has(name)) expect(plan).not.toMatch(/\bSort\b/);
    },
  );
});
