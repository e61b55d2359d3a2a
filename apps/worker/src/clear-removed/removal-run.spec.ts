import { MaintenanceStore, RemovalStore, type MaintenanceRun } from '#metadata';
import { mediaTypes, parseRepositoryName, parseTag } from '#oci';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { RunInHand } from '../maintenance/run-in-hand.js';
import { digestOfText, Workbench } from '../testing/workbench.js';
import { RemovalRun } from './removal-run.js';

describe('a run of removal', () => {
  const database = withDatabase();
  let bench: Workbench;
  let runs: MaintenanceStore;
  beforeAll(async () => {
    bench = await Workbench.set(database);
    runs = new MaintenanceStore(database.db);
  });
  afterAll(() => bench.clear());

  async function run(scheduled = false): Promise<MaintenanceRun> {
    const hand = new RunInHand(runs, (await runs.claim({ kind: 'removal', scheduled }))!);
    try {
      await hand.finish({ report: await new RemovalRun(new RemovalStore(database.db)).run(hand) });
    } finally {
      hand.close();
    }
    return (await runs.find(hand.run.id))!;
  }

  it('clears away every removed repository, also one whose own run broke off', async () => {
    const removals = new RemovalStore(database.db);
    const names = ['a/one', 'b/two', 'c/three'].map(parseRepositoryName);
    for (const name of names) {
      const payload = Buffer.from(name);
      const manifest = {
        digest: digestOfText(payload),
        mediaType: mediaTypes.ociManifest,
        payload,
        references: [],
        tags: [parseTag('v1')],
      };
      await bench.manifests.put(name, manifest);
    }
    const [first] = [await removals.remove(names[0]!), await removals.remove(names[1]!)];
    await runs.cancel(first!);
    expect((await run()).report).toMatchObject({ repositories: 2, tags: 2, manifests: 2, moves: 2 });
    expect(await database.sql('select name from repositories')).toEqual([{ name: names[2] }]);
    expect(await removals.next()).toBeNull();
    // Without anybody who asks: by the workers' own run.
    await runs.cancel((await removals.remove(names[2]!))!);
    expect(await removals.resume()).toBe(true);
    expect((await run(true)).report).toMatchObject({ repositories: 1, tags: 1 });
    expect(await database.sql('select from repositories')).toEqual([]);
  });
});
