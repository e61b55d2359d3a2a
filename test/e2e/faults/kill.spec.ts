import { Installation } from './installation.js';
import { findProcess, type Role } from './processes.js';
import { PushLoop } from './push-loop.js';
import { seededRandom } from './seeded-random.js';

// `npm run test:kill -- --rounds 50` sets these.
const rounds = Number(process.env['KILL_ROUNDS'] ?? 6);
const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);

describe(`kill -9 at ${rounds} random moments (seed ${seed})`, () => {
  const victims: readonly Role[] = ['api', 'postgres', 'supervisor', 'worker'];
  const random = seededRandom(seed);
  let installation: Installation;
  let loops: PushLoop[];
  beforeAll(async () => {
    installation = await Installation.start();
    loops = ['a', 'b', 'c', 'd'].map((client) => new PushLoop(installation.client, `faults/kill/${client}`));
    for (const loop of loops) loop.start();
  });
  afterAll(async () => {
    await Promise.all(loops.map((loop) => loop.stop()));
    await installation.remove();
  });

  it.each(Array.from({ length: rounds }, (_, round) => ({ round: round + 1, victim: victims[round % victims.length] as Role })))(
    'round $round, $victim: it comes up by itself and what was acknowledged is there',
    async ({ victim }) => {
      // The moment is what is random here, not something to wait for.
      await new Promise((resume) => setTimeout(resume, 200 + random() * 1_300));
      const pid = findProcess(installation.running, victim);
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      if (victim === 'supervisor') {
        await installation.restart();
      }
      await installation.running.untilReady();
      await Promise.all(loops.map((loop) => loop.stop()));
      expect((await Promise.all(loops.map((loop) => loop.damage()))).flat()).toEqual([]);
      for (const loop of loops) loop.start();
    },
  );

  it('all that was ever acknowledged is there in the end', async () => {
    await Promise.all(loops.map((loop) => loop.stop()));
    expect((await Promise.all(loops.map((loop) => loop.damage()))).flat()).toEqual([]);
    expect((await Promise.all(loops.map((loop) => loop.damageToAll()))).flat()).toEqual([]);
    for (const { acknowledged } of loops) expect(acknowledged).toBeGreaterThan(rounds);
    const total = loops.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
    if (process.env['KILL_ROUNDS']) console.log(`${total} blobs and manifests acknowledged in ${rounds} rounds, all of them readable`);
  });
});
