import { openJobBackend, upkeepJobs } from '#jobs';
import { maintenanceKinds, MaintenanceStore, RepositoryStore, type MaintenanceFields, type MaintenanceKind } from '#metadata';
import { parseRepositoryName } from '#oci';
import { RedisServer } from '../../../../libs/jobs/src/testing/index.js';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { CommandLine } from '../testing/command-line.js';

const database = withDatabase();
const entrepot = new CommandLine(database);
const runs = () => new MaintenanceStore(database.db);

/** Of some blob. */
const digest = `'\\x01'::bytea || sha256('blob')`;

const until = async (isTrue: () => boolean) => {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 10));
};

/** A worker that takes the next run of a kind and ends it; `shows`: once that much was told and is seen by whoever follows. */
async function work(
  kind: MaintenanceKind,
  end: Parameters<MaintenanceStore['finish']>[1],
  shows?: { progress: MaintenanceFields; written: { err: string }; text: string },
): Promise<void> {
  const queue = { kind, scheduled: false };
  let claimed = await runs().claim(queue);
  while (!claimed) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    claimed = await runs().claim(queue);
  }
  if (shows) {
    await runs().beat(claimed, shows.progress);
    await until(() => shows.written.err.includes(shows.text));
  }
  await runs().finish(claimed, end);
}

afterEach(() => database.sql('truncate repositories, tag_history, maintenance_runs, outbox, reviews, blobs cascade'));

describe('a run that was asked for', () => {
  it('is followed to its end, and its report is the answer', async () => {
    const written = { out: '', err: '' };
    const report = { links: 3, blobs: 2, bytes: 3_000_000, pending: { reviews: 1, objects: 0 } };
    const worker = work('gc', { report }, { progress: { links: 1 }, written, text: 'gc: 1 link, 0 blobs, 0 B' });
    const { code, out } = await entrepot.run(['gc'], { terminal: true, written });
    await worker;
    expect(code).toBe(0);
    expect(out.split('\n').slice(0, 2)).toEqual(['gc: 3 links, 2 blobs, 2.86 MiB', 'waiting for their grace: 1 review']);
  });

  it('shows how far it is on a terminal only; with --json the answer is one document', async () => {
    const written = { out: '', err: '' };
    const shows = { progress: { shares: 128 }, written, text: '[############............]  50 % sweep:' };
    const worker = work('sweep', { report: { orphans: 1 } }, shows);
    const args = ['sweep', '--dry-run', '--min-age', '9', '--json'];
    expect(JSON.parse((await entrepot.run(args, { terminal: true, written })).out)).toMatchObject({
      ...{ kind: 'sweep', dryRun: true, options: { minAgeSeconds: 9 }, report: { orphans: 1 } },
    });
    await worker;
    const piped = work('sweep', { report: {} });
    expect((await entrepot.run(['sweep'])).err).toMatch(/^requested run \d+ \(sweep\)\n$/);
    await piped;
  });

  it('shows where retention is within a repository', async () => {
    await new RepositoryStore(database.db).create(parseRepositoryName('big/one'));
    const written = { out: '', err: '' };
    const progress = { repositories: 0, current: { repository: 'big/one', done: 25, of: 100 } };
    const text = '[######..................]  25 % retention: 0 repositories, 0 tags and 0 manifests, 0 left alone; big/one: 25 of 100';
    const worker = work('retention', { report: { repositories: 1, tags: 99 } }, { progress, written, text });
    const { code, out } = await entrepot.run(['retention', 'run', 'big/one'], { terminal: true, written });
    await worker;
    expect({ code, out }).toEqual({ code: 0, out: 'retention: 1 repository, 99 tags and 0 manifests, 0 left alone\n' });
  });

  it('that was not asked for here is followed with its bar, too', async () => {
    await database.sql(`insert into blobs (digest, size, storage_key) values (${digest}, 400, 'blobs/x')`);
    for (const [kind, progress, text] of [
      ['scrub', { blobs: 1, bytes: 100 }, '[######..................]  25 % scrub: 1 blob'],
      ['retention', { repositories: 1 }, '[############............]  50 % retention: 1 repository'],
      ['removal', { repositories: 1, tags: 2 }, 'removal: 1 repository: 2 tags'],
    ] as const) {
      for (const name of ['one/with', 'two/with']) {
        await new RepositoryStore(database.db).create(parseRepositoryName(name));
        await new RepositoryStore(database.db).setPolicy(parseRepositoryName(name), { retention: { tags: [{ keep: 1 }] } });
      }
      const written = { out: '', err: '' };
      const id = await runs().request(kind);
      const worker = work(kind, { report: {} }, { progress, written, text });
      expect(await entrepot.run(['runs', 'follow', String(id)], { terminal: true, written })).toMatchObject({ code: 0 });
      await worker;
    }
  });

  it('is told to workers at once, and not held up by a queue that is away', async () => {
    const redis = await RedisServer.reserve();
    await redis.start();
    const backend = await openJobBackend({ redisUrl: redis.url, databaseUrl: '' }, { began: () => undefined, ended: () => undefined });
    const asked: [string, ...string[]][] = [
      ['gc'],
      ['sweep', '--dry-run'],
      ['scrub'],
      ['retention', 'run'],
      ['repo', 'rm', 'acme/old', '--yes'],
    ];
    for (const [at, kind] of maintenanceKinds.entries()) {
      await new RepositoryStore(database.db).create(parseRepositoryName('acme/old'));
      const queue = backend.openQueue(upkeepJobs[kind].name);
      const run = entrepot.run(asked[at]!, { env: { REDIS_URL: redis.url } });
      while ((await queue.getWaitingCount()) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      const worker = work(kind, { report: {} });
      expect(await run).toMatchObject({ code: 0 });
      await worker;
      await queue.close();
    }
    await backend.close();
    await redis.remove();
    const worker = work('gc', { report: {} });
    const { code, err } = await entrepot.run(['gc'], { env: { REDIS_URL: redis.url } });
    await worker;
    expect(code).toBe(0);
    expect(err).toMatch(/^requested run \d+ \(gc\)\n$/);
  });

  it('is over at once where an earlier one has cleared away what was removed', async () => {
    const removed = async (report: MaintenanceFields) => {
      await new RepositoryStore(database.db).create(parseRepositoryName('acme/old'));
      const worker = work('removal', { report });
      const { code, out } = await entrepot.run(['repo', 'rm', 'acme/old', '--yes']);
      await worker;
      return { code, out };
    };
    expect(await removed({ repositories: 0, tags: 0 })).toEqual({ code: 0, out: 'removal: an earlier run has cleared everything away\n' });
    expect(await removed({ repositories: 1, tags: 2 })).toEqual({
      ...{ code: 0, out: 'removal: 1 repository: 2 tags, 0 manifests, 0 links to blobs\n' },
    });
  });

  it('that finds damage, or fails, says so in its exit code', async () => {
    const damaged = work('scrub', { report: { blobs: 5, damaged: 1, damagedDigests: ['sha256:aa'] } });
    expect(await entrepot.run(['scrub', '--mib-per-second', '100'])).toMatchObject({
      code: 6,
      out: expect.stringContaining('damaged: sha256:aa') as string,
    });
    await damaged;
    for (const [found, code] of [
      [{ damaged: 0, unreadable: 2 }, 1],
      [{ damaged: 1, unreadable: 2 }, 6],
      [{ damaged: 0, unreadable: 0 }, 0],
    ] as const) {
      const worker = work('scrub', { report: found });
      expect(await entrepot.run(['scrub'])).toMatchObject({
        code,
        out: expect.stringContaining(`${found.unreadable} unreadable`) as string,
      });
      await worker;
    }
    const swept = work('sweep', { report: { objects: 1, damaged: 1, damagedDigests: ['sha256:bb'] } });
    expect(await entrepot.run(['sweep'])).toMatchObject({ code: 6, out: expect.stringContaining('damaged: sha256:bb') as string });
    await swept;
    const failing = work('gc', { error: 'no luck' });
    expect(await entrepot.run(['gc'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/run \d+ \(gc\) failed: no luck\n$/) as string,
    });
    await failing;
  });

  it('is left to itself on Ctrl-C, or when its time is up; without a worker that is said', async () => {
    const interruption = new AbortController();
    const written = { out: '', err: '' };
    const interrupted = entrepot.run(['gc'], { interrupted: interruption.signal, written });
    await until(() => written.err.includes('requested run'));
    interruption.abort();
    expect(await interrupted).toMatchObject({ code: 130, err: expect.stringContaining('entrepot runs follow') as string });
    const late = await entrepot.run(['sweep', '--dry-run', '--timeout', '6']);
    expect(late).toMatchObject({ code: 5, out: '' });
    expect(late.err).toContain('no worker has picked up run');
    expect(late.err).toContain('a dry run reads storage, too, which is for workers');
    expect((await runs().list()).map(({ state }) => state)).toEqual(['waiting', 'waiting']);
  }, 20_000);

  it('can be listed, shown, followed and cancelled', async () => {
    const { id } = await entrepot.json<{ id: number }>('gc', '--detach');
    expect(await entrepot.json('runs', 'list', '--kind', 'gc')).toMatchObject([{ id, state: 'waiting' }]);
    expect(await entrepot.lines('runs', 'show', String(id))).toContain('state      waiting');
    expect(await entrepot.json('runs', 'cancel', String(id))).toEqual({ id, cancelled: true });
    expect(await entrepot.run(['runs', 'cancel', String(id)])).toMatchObject({ code: 4 });
    expect(await entrepot.run(['runs', 'follow', String(id)])).toMatchObject({
      code: 1,
      err: expect.stringContaining('cancelled') as string,
    });
    for (const sub of ['show', 'follow', 'cancel']) expect(await entrepot.run(['runs', sub, '999999'])).toMatchObject({ code: 3 });
    expect(await entrepot.run(['runs', 'show', 'x'])).toMatchObject({ code: 2 });
  });
});
