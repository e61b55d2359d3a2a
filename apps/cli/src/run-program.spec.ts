import { openJobBackend, upkeepJobs } from '#jobs';
import { maintenanceKinds, MaintenanceStore, RepositoryStore, type MaintenanceFields, type MaintenanceKind } from '#metadata';
import { parseRepositoryName } from '#oci';
import { RedisServer } from '../../../libs/jobs/src/testing/index.js';
import { withDatabase } from '../../../libs/metadata/src/testing/index.js';
import { programFor } from './program.js';
import { CommandLine } from './testing/command-line.js';

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

afterEach(() => database.sql('truncate repositories, maintenance_runs, outbox, reviews, blobs cascade'));

describe('help', () => {
  const commandsOf = () => {
    const program = programFor({ stdout: { write: () => true }, stderr: { write: () => true } } as never, () => undefined);
    return program.commands.flatMap((command) => [[command.name()], ...command.commands.map((sub) => [command.name(), sub.name()])]);
  };

  it.each([[[]], ...commandsOf().map((path) => [path])])('of %j is on standard output, and says what every option is for', async (path) => {
    const { code, out, err } = await entrepot.run([...path, '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^Usage: entrepot/);
    for (const line of out.split('\n').filter((text) => /^ {2}-/.test(text))) expect(line.trim()).toMatch(/ {2,}\S+/);
  });

  it('is told apart from wrong usage', async () => {
    expect(await entrepot.run(['--version'])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string });
    for (const args of [
      [],
      ['gcc'],
      ['gc', 'now'],
      ['gc', '--wet'],
      ['retention'],
      ['gc', '--timeout', '-1'],
      ['gc', '--detach', '--timeout', '1'],
    ]) {
      const { code, out, err } = await entrepot.run(args);
      expect({ args, code, out }).toEqual({ args, code: 2, out: '' });
      expect(err).not.toBe('');
    }
  });
});

describe('what stands in the way', () => {
  it('is one line, and an exit code of its own', async () => {
    const setting = await entrepot.run(['stats'], { env: { DATABASE_POOL_SIZE: 'many' } });
    expect(setting).toEqual({ code: 78, out: '', err: 'entrepot: DATABASE_POOL_SIZE must be a whole number from 1 to 1000, not "many"\n' });
    const nobody = await entrepot.run(['stats'], { env: { DATABASE_URL: '', DATA_DIR: '/nowhere' } });
    expect(nobody).toEqual({ code: 5, out: '', err: 'entrepot: no instance runs on DATA_DIR /nowhere: there is no such folder\n' });
    const away = await entrepot.run(['stats'], { env: { DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/x' } });
    expect(away).toMatchObject({ code: 5, out: '' });
    expect(away.err).toMatch(/^entrepot: the database is unavailable: .*ECONNREFUSED.*\n$/);
    const unmigrated = await entrepot.run(['migrate'], { env: { DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/x' } });
    expect(unmigrated).toMatchObject({ code: 5, out: '' });
    expect(unmigrated.err).toMatch(/^entrepot: the database at 127\.0\.0\.1:1 cannot be brought up to date: .*ECONNREFUSED.*\n$/);
  });

  it('is said of a database that was not migrated', async () => {
    await database.sql('alter table outbox rename to outbox_of_old');
    const { code, err } = await entrepot.run(['jobs', 'list']);
    await database.sql('alter table outbox_of_old rename to outbox');
    expect(code).toBe(1);
    expect(err).toContain('entrepot migrate');
    expect(await entrepot.json('migrate')).toEqual({ applied: [] });
  });
});

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

describe('a dry run of gc', () => {
  it('needs no worker, and says what a collection would take', async () => {
    await new RepositoryStore(database.db).create(parseRepositoryName('acme/one'));
    await database.sql(`insert into blobs (digest, size, storage_key) values (${digest}, 4096, 'blobs/x')`);
    await database.sql(
      `insert into blob_links (repository, digest, touched_at) select id, ${digest}, now() - interval '1 hour' from repositories`,
    );
    await database.sql(`insert into reviews (kind, repository, digest) select 'link', repository, digest from blob_links`);
    const nothing = { links: 0, blobs: 0, bytes: 0 };
    const pending = { reviews: 1, nextReviewAt: null, objects: 0, nextObjectAt: null };
    expect(await entrepot.json('gc', '--dry-run')).toEqual({ dryRun: true, blobGraceSeconds: 86_400, ...nothing, pending });
    const { out } = await entrepot.run(['gc', '--dry-run'], { env: { BLOB_GRACE_SECONDS: '60' } });
    expect(out.split('\n')).toEqual([
      'gc (dry run: nothing was changed): 1 link, 1 blob, 4.00 KiB',
      'waiting for their grace: 1 review',
      'waiting for their linger: 0 objects',
      'with BLOB_GRACE_SECONDS=60',
      '',
    ]);
    expect(await runs().list()).toEqual([]);
    expect(await entrepot.run(['gc', '--dry-run', '--detach'])).toMatchObject({ code: 2 });
  });
});

describe('work due', () => {
  const add = (key: string, parked: boolean) =>
    database.sql(
      `insert into outbox (kind, key, attempts, last_error, parked_at) values ('delete-object', $1, $2, $3, case when $4 then now() end)`,
      [key, parked ? 12 : 0, parked ? 'Error: disk\nstack' : null, parked],
    );

  it('is listed, and tried again on request', async () => {
    for (const [key, parked] of [['a', false], ['b', true], ['c', true]] as const) await add(key, parked); // prettier-ignore
    expect(await entrepot.json('jobs', 'list', '--kind', 'delete-object')).toMatchObject([{ key: 'a' }, { key: 'b' }, { key: 'c' }]);
    const failed = await entrepot.json<{ id: number; key: string }[]>('jobs', 'failed');
    expect(failed.map(({ key }) => key)).toEqual(['b', 'c']);
    expect((await entrepot.lines('jobs', 'failed'))[1]).toMatch(/delete-object +parked .* 12 +b +Error: disk$/);
    const ids = failed.map(({ id }) => String(id));
    expect(await entrepot.json('jobs', 'retry', ids[0]!)).toEqual({ retried: [failed[0]!.id], missed: [] });
    expect(await entrepot.run(['jobs', 'retry', ids[1]!, '999999'])).toMatchObject({ code: 3 });
    await database.sql(`update outbox set parked_at = now() where key = 'c'`);
    expect(await entrepot.json('jobs', 'retry', '--all', '--kind', 'abort-upload')).toEqual({ retried: [], missed: [] });
    expect(await entrepot.json('jobs', 'retry', '--all')).toMatchObject({ retried: [failed[1]!.id] });
    for (const args of [[], ['--all', '1'], ['x']]) expect(await entrepot.run(['jobs', 'retry', ...args])).toMatchObject({ code: 2 });
  });

  it('is counted, with all there is', async () => {
    await add('a', false);
    await add('b', true);
    await add('c', false);
    await database.sql(
      `update outbox set parked_at = parked_at - interval '2 hours', attempts = case key when 'c' then 1 else attempts end`,
    );
    await database.sql(`insert into reviews (kind, digest, not_before) values ('blob', '\\x01', now() - interval '1 hour')`);
    await runs().request('gc');
    const stats = await entrepot.json<{ work: { kind: string }[] }>('stats');
    expect(stats).toMatchObject({ repositories: 0, blobs: 0, bytes: 0, damaged: 0, uploads: 0, runs: [{ kind: 'gc' }] });
    expect(stats.work.find(({ kind }) => kind === 'delete-object')).toMatchObject({ due: 2, waiting: 0, failed: 1, parked: 1 });
    const lines = (await entrepot.lines('stats')).join('\n');
    expect(lines).toMatch(/^delete-object +2 +0 +1 +1 +0 s +2 h$/m);
    expect(lines).toMatch(/^blob reviews +1 +0 +0 +0 +60 min +-$/m);
  });
});
