import { pending } from '../collection/collection-statements.js';
import { withDatabase, type TestDatabase } from '../testing/index.js';
import { allStatements } from '../testing/all-statements.js';
import { foreignKeyLookups } from '../testing/foreign-key-lookups.js';
import { manyRows, rowsAlone } from '../testing/many-rows.js';
import { lateKeysOf, leadersOf, planOf, scansOf, skipsOf, sortsOf } from '../testing/plan.js';
import type { Statement } from './statement.js';

// Every statement of this lib is looked at, a new one too, and has to find each row through a condition of an index: enable_seqscan=off turns
// a scan of a table into one of a whole index at best, which is no better. What follows is why some may do otherwise.
const statements = (await allStatements()).filter(({ text }) => !text.startsWith('set '));

/** For operators, who count and list what there is. */
const reports = [
  'outbox_counts',
  'gc_counts',
  'gc_estimate',
  'gc_pending',
  'damage_count',
  'damage_list',
  'maintenance_list',
  'maintenance_unfinished',
  'stats_registry',
  'stats_repository',
  'outbox_list',
  'outbox_retry',
];
/** A few runs a day, kept for ninety days. */
const ofRuns = ['maintenance_due', 'maintenance_schedule', 'maintenance_purge', 'removal_resume'];
/** Their states name keys, wherever in them; read only where a sweep found an object without a row. */
const ofUploads = ['sweep_find', 'sweep_delete', 'sweep_find_uploads'];
/** They order what one request brings, or those of one moment, or what one manifest has, to lock it in order: a handful of rows; the last sums up, on nobody's way. */
const sortsToLock = [
  'session_record_first',
  'session_finalize',
  'session_settle_verified',
  'touch_links',
  'write_details',
  'put_manifests',
  'mount_blobs',
  'delete_manifest',
  'retention_drop_tags',
  'retention_drop_manifest',
  'retention_names',
];
/** The other half of a key that names one row by itself: a session, a run of a blob's bytes, an entry of a tag's history, one tag's moves. */
const ofOneRow = ['damage_mark', 'sweep_still', 'session_', 'history_of_all', 'restore_tag', 'retention_drop_tags'];
/** What came to a repository since a decision of a moment ago. */
const sinceJustNow = ['retention_drop_manifest', 'retention_departed'];
/** Once for a repository that is removed; sessions are few. */
const ofRemovals = ['removal_sessions', 'removal_drop'];
/** Foreign keys whose other end is never deleted, or with its repository only. */
const ofRemovedRows = ['repositories_tenant_fkey', 'upload_sessions_repository_fkey'];
/** They find a run by its id among those that are open: a few. */
const amongOpenRuns = ['maintenance_beat', 'maintenance_cancel', 'maintenance_finish', 'maintenance_release'];
const mayScan = new Set([...ofRemovals, ...reports, ...ofRuns, ...ofUploads]);
const maySort = new Set([...sinceJustNow, ...reports, ...ofRuns, ...sortsToLock]);

describe.each([
  ['empty', undefined],
  ['full', manyRows],
  ...[60, 400, 2_000, 10_000].map((count) => [`misleading (${count})`, (filled: TestDatabase) => rowsAlone(filled, count)] as const),
] as const)('on %s tables', (_tables, fill) => {
  const database = withDatabase();
  let leaders: ReadonlyMap<string, string>;
  beforeAll(async () => {
    await fill?.(database);
    leaders = await leadersOf(database);
  }, 60_000);

  it.each(statements.filter(({ name }) => !mayScan.has(name)).map((statement) => [statement.name, statement] as const))(
    '%s finds every row through a condition of an index',
    async (_name, statement) => {
      expect(scansOf(await planOf(database.db, statement))).toEqual([]);
    },
  );

  it.each(statements.filter(({ name }) => !maySort.has(name)).map((statement) => [statement.name, statement] as const))(
    '%s takes its rows in the order of an index',
    async (_name, statement) => {
      expect(sortsOf(await planOf(database.db, statement))).toEqual([]);
    },
  );

  const maySkip = new Set([...mayScan, ...amongOpenRuns]);

  it.each(statements.filter(({ name }) => !maySkip.has(name)).map((statement) => [statement.name, statement] as const))(
    '%s begins where an index begins',
    async (_name, statement) => {
      expect(skipsOf(await planOf(database.db, statement), leaders)).toEqual([]);
    },
  );

  const mayCompare = ({ name }: Statement) =>
    [...reports, ...ofRuns, ...ofRemovals, ...ofOneRow, ...sinceJustNow].some((known) => name.startsWith(known));

  it.each(statements.filter((statement) => !mayCompare(statement)).map((statement) => [statement.name, statement] as const))(
    '%s looks a key up by all of it',
    async (_name, statement) => {
      expect(lateKeysOf(await planOf(database.db, statement))).toEqual([]);
    },
  );

  it.each(statements.filter(({ name }) => ofUploads.includes(name)).map((statement) => [statement.name, statement] as const))(
    '%s scans nothing but uploads',
    async (_name, statement) => {
      const scans = scansOf(await planOf(database.db, statement));
      expect(scans.filter((scan) => !/ on (upload_sessions|outbox)(_|$)/.test(scan))).toEqual([]);
    },
  );

  it('the one by which references go with their manifest finds each by all of its key', async () => {
    const [trigger] = await database.sql<{ prosrc: string }>(`select prosrc from pg_proc where proname = 'drop_references'`);
    const gone = 'gone as materialized (select repository, digest from manifests where repository = $1 and digest = $2)';
    const plan = await planOf(database.db, { name: 'drop_references', text: `with ${gone} ${/DELETE[^;]*/.exec(trigger!.prosrc)![0]}` });
    expect([...scansOf(plan), ...lateKeysOf(plan)]).toEqual([]);
  });

  it('what PostgreSQL looks up for a foreign key is found by all of it', async () => {
    const { parents, children } = await foreignKeyLookups(database);
    const lookups = [...parents, ...children.filter(({ name }) => !ofRemovedRows.includes(name))];
    expect(lookups.length).toBeGreaterThanOrEqual(20);
    expect(children.map(({ name }) => name)).toEqual(expect.arrayContaining(ofRemovedRows));
    const found = async (lookup: Statement) => {
      const plan = await planOf(database.db, lookup);
      return [...scansOf(plan), ...lateKeysOf(plan), ...skipsOf(plan, leaders)].map((scan) => `${lookup.name}: ${scan}`);
    };
    expect((await Promise.all(lookups.map(found))).flat()).toEqual([]);
  });

  it('one that does scan is told apart', async () => {
    expect(scansOf(await planOf(database.db, pending))).not.toEqual([]);
  });
});

it('there is none of which an exception speaks and that is gone', () => {
  const names = new Set(statements.map(({ name }) => name));
  expect([...mayScan, ...maySort, ...amongOpenRuns].filter((name) => !names.has(name))).toEqual([]);
});
