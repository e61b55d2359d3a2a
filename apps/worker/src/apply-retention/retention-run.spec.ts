import { MaintenanceStore, planRetention, RepositoryStore, RetentionStore, TagStore, type MaintenanceRun } from '#metadata';
import { mediaTypes, parseRepositoryName, parseTag, type RepositoryName } from '#oci';
import { Outage } from '#jobs';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { RunInHand } from '../maintenance/run-in-hand.js';
import { outageLog } from '../outbox/outage-log.js';
import { digestOfText, until, Workbench } from '../testing/workbench.js';
import { RetentionRun } from './retention-run.js';
import { retentionSchedule } from './retention-schedule.js';

const queue = { kind: 'retention', scheduled: false } as const;
const rules = { retention: { tags: [{ keep: 1 }], untaggedDays: 30 } };

describe('a run of retention', () => {
  const database = withDatabase();
  let bench: Workbench;
  let runs: MaintenanceStore;
  let store: RetentionStore;

  beforeEach(async () => {
    bench = await Workbench.set(database);
    runs = new MaintenanceStore(database.db);
    store = new RetentionStore(database.db);
  });
  afterEach(async () => {
    await bench.clear();
    await database.sql('truncate repositories, tag_history, maintenance_runs cascade');
  });

  /** A repository with two tags, of which the rules keep one, and a manifest nobody wants. */
  async function repository(name: string): Promise<RepositoryName> {
    const parsed = parseRepositoryName(name);
    for (const [text, tags] of [
      ['old', ['t1']],
      ['new', ['t2']],
      ['unwanted', []],
    ] as const) {
      const payload = Buffer.from(`${name} ${text}`);
      const manifest = {
        digest: digestOfText(payload),
        mediaType: mediaTypes.ociManifest,
        payload,
        references: [],
        tags: tags.map(parseTag),
      };
      await bench.manifests.put(parsed, manifest);
    }
    await database.sql(`update manifests set pushed_at = now() - interval '40 days'`);
    await database.sql(`update tags set pushed_at = now() - interval '1 hour' where name = 't1'`);
    await new RepositoryStore(database.db).setPolicy(parsed, rules);
    return parsed;
  }
  const left = async (name: RepositoryName) => {
    const [row] = await database.sql<{ count: number }>(
      'select count(*)::int from manifests where repository = (select id from repositories where name = $1)',
      [name],
    );
    return { tags: (await new TagStore(database.db).page(name, {}))!.names, manifests: row!.count };
  };

  async function run(request: Parameters<MaintenanceStore['request']>[1] = {}): Promise<MaintenanceRun> {
    await runs.request('retention', request);
    return goOn();
  }
  async function goOn(): Promise<MaintenanceRun> {
    const hand = new RunInHand(runs, (await runs.claim(queue))!);
    try {
      await hand.finish({ report: await new RetentionRun({ store, tagHistoryDays: 14, logger: bench.logger }).run(hand) });
    } finally {
      hand.close();
    }
    return (await runs.find(hand.run.id))!;
  }
  const whole = { tags: ['t1', 't2'], manifests: 3 };
  const reduced = { tags: ['t2'], manifests: 2 };

  it('applies the rules of each repository that has some, and says by which what went', async () => {
    const names = [await repository('a/one'), await repository('b/two')];
    const free = await repository('c/free');
    await new RepositoryStore(database.db).setPolicy(free, {});
    const { report } = await run();
    expect(report).toMatchObject({ repositories: 2, tags: 2, manifests: 2, left: 0, failed: [] });
    expect(report!['removed']).toContainEqual({
      repository: 'a/one', tag: 't1', digest: digestOfText('a/one old'), keep: false, rule: 'tags[0]',
      reason: 'number 2 by push of 2 that match *; the last 1 stay',
    }); // prettier-ignore
    expect(await Promise.all(names.map(left))).toEqual([reduced, reduced]);
    expect(await left(free)).toEqual(whole);
  });

  it('does what was decided dry', async () => {
    const name = await repository('a/one');
    const { plan } = (await planRetention(store, name, 14))!;
    const going = [...plan.tags, ...plan.manifests].filter(({ keep }) => !keep);
    expect(await left(name)).toEqual(whole);
    expect((await run()).report!['removed']).toEqual(going.map((decision) => ({ repository: name, ...decision })));
    expect(await left(name)).toEqual(reduced);
  });

  it('keeps what tags left for longer where that is asked for, never for shorter', async () => {
    const name = await repository('a/one');
    await database.sql(`update tag_history set at = now() - interval '40 days'`);
    await new TagStore(database.db).delete(name, parseTag('t1'));
    await database.sql(`update tag_history set at = now() - interval '39 days' where digest is null`);
    expect((await run({ options: { tagHistoryDays: 60 } })).report).toMatchObject({ tagHistoryDays: 60, manifests: 1 });
    expect((await run({ options: { tagHistoryDays: 1 } })).report).toMatchObject({ tagHistoryDays: 14, manifests: 1 });
  });

  it('is about one repository where it is asked for', async () => {
    const [one, two] = [await repository('a/one'), await repository('b/two')];
    expect((await run({ options: { repository: two } })).report).toMatchObject({ repositories: 1, tags: 1 });
    expect([await left(one), await left(two)]).toEqual([whole, reduced]);
    const { report } = await run({ options: { repository: 'no/such' } });
    expect(report).toMatchObject({ repositories: 0, failed: [{ repository: 'no/such', error: 'there is no such repository' }] });
  });

  it('goes on after the repository that was done when its worker went', async () => {
    const [one, two] = [await repository('a/one'), await repository('b/two')];
    await runs.request('retention');
    const claimed = (await runs.claim(queue))!;
    await runs.beat(claimed, { after: one, repositories: 1, tags: 7, current: { repository: two, done: 1, of: 3 } });
    await runs.release(claimed);
    const { progress, report } = await goOn();
    expect(report).toMatchObject({ repositories: 2, tags: 8 });
    for (const fields of [progress, report]) expect(fields).not.toHaveProperty('current');
    expect([await left(one), await left(two)]).toEqual([whole, reduced]);
  });

  it('leaves a repository whose rules nobody understands, and goes on', async () => {
    const [one, two] = [await repository('a/one'), await repository('b/two')];
    await database.sql(`update repositories set policy = '{"retention": {"moon": "full"}}' where name = $1`, [one]);
    expect((await run()).report).toMatchObject({ repositories: 1, failed: [{ repository: one }] });
    expect([await left(one), await left(two)]).toEqual([whole, reduced]);
  });

  it('is asked for by the workers once there are rules', async () => {
    const outage = new Outage({ name: 'PostgreSQL', probe: () => database.db.ping(), report: outageLog(bench.logger) });
    const round = async () => {
      const schedule = retentionSchedule({ runs, store, intervalSeconds: 60, database: outage, logger: bench.logger });
      schedule.start();
      await schedule.close();
      return (await runs.list({ kind: 'retention' })).length;
    };
    expect(await round()).toBe(0);
    await repository('a/one');
    expect([await round(), await round()]).toEqual([1, 1]);
    await until(async () => (await runs.due()).some(({ kind, scheduled }) => kind === 'retention' && scheduled));
    outage.close();
  });
});
