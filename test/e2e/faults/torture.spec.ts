import { CleanUp } from '../../torture/clean-up.js';
import { Torture } from '../../torture/torture.js';
import { describeWith } from '../fixture/clients.js';

// `npm run torture -- --minutes 10 --storage s3` sets these.
const seconds = Number(process.env['TORTURE_SECONDS'] ?? 12);
const storage = process.env['TORTURE_STORAGE'] === 's3' ? 's3' : 'filesystem';
const seed = Number(process.env['TORTURE_SEED'] ?? Date.now() % 1_000_000);
const longerMs = seconds * 1_000 + 300_000;

describeWith(
  storage === 's3' ? ['redis-server', 'radosgw'] : ['redis-server'],
  `three replicas on ${storage} while everything is killed (seed ${seed})`,
  () => {
    let torture: Torture;
    let cleanUp: CleanUp;
    const report: Record<string, unknown> = { seconds, storage, seed };
    beforeAll(async () => {
      torture = await Torture.start({ seconds, storage, seed });
      cleanUp = new CleanUp(torture.cluster, torture.rows);
    }, 180_000);
    afterAll(async () => {
      await torture?.stop();
      if (process.env['TORTURE_SECONDS']) console.log(JSON.stringify({ ...report, ...torture?.journal.counts }, null, 1));
    });

    /** Of the processes of the moment. */
    const expectNoBugs = () => {
      for (const { output } of torture.processes) expect(output).not.toMatch(/unexpected error|cannot work off|deadlock/);
    };

    it(
      `tells nobody anything that cannot be, for ${seconds} s`,
      async () => {
        await torture.run();
        expect(torture.journal.violations).toEqual([]);
        const kills = Object.entries(torture.journal.counts).filter(([what]) => what.startsWith('kill -9'));
        report['kills'] = kills.reduce((sum, [, count]) => sum + count, 0);
        expect(report['kills']).toBeGreaterThan(seconds / 10);
      },
      longerMs,
    );

    it(
      'has everything that was acknowledged, and nothing that was taken away, on every replica in the end',
      async () => {
        await torture.settle();
        await torture.readAll();
        expect(torture.journal.violations).toEqual([]);
        expect(torture.journal.counts['things read on every replica in the end']).toBeGreaterThan(seconds);
        expect([await cleanUp.count('blobs', 'damaged_at is not null'), await cleanUp.count('outbox', 'parked_at is not null')]).toEqual([
          0, 0,
        ]);
      },
      longerMs,
    );

    it(
      'leaves nothing behind that expiry, collection and a sweep do not find',
      async () => {
        expectNoBugs();
        await cleanUp.letTimePass();
        const swept = await cleanUp.run('sweep');
        report['swept'] = swept;
        expect(swept).toMatchObject({ damaged: 0, deleted: swept['orphans'], aborted: swept['uploads'] });
        expect(await cleanUp.differences()).toEqual([]);
        expect(await cleanUp.run('sweep')).toMatchObject({ orphans: 0, uploads: 0, damaged: 0 });
        await cleanUp.deleteEverything();
        expect(await cleanUp.differences()).toEqual([]);
        expectNoBugs();
      },
      longerMs,
    );
  },
);
