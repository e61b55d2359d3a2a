import { MaintenanceStore, RepositoryStore, type MaintenanceFields, type MaintenanceKind } from '#metadata';
import { parseRepositoryName } from '#oci';
import { withDatabase } from '../../../libs/metadata/src/testing/index.js';
import { programFor } from './program.js';
import { CommandLine } from './testing/command-line.js';

const database = withDatabase();
const entrepot = new CommandLine(database);
const runs = () => new MaintenanceStore(database.db);

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

afterEach(() => database.sql('truncate repositories, maintenance_runs, outbox cascade'));

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
    const late = await entrepot.run(['gc', '--timeout', '6']);
    expect(late).toMatchObject({ code: 5, out: '' });
    expect(late.err).toContain('no worker has picked up run');
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
    await runs().request('gc');
    const stats = await entrepot.json<{ work: { kind: string }[] }>('stats');
    expect(stats).toMatchObject({ repositories: 0, blobs: 0, bytes: 0, damaged: 0, uploads: 0, runs: [{ kind: 'gc' }] });
    expect(stats.work.find(({ kind }) => kind === 'delete-object')).toMatchObject({ due: 1, waiting: 0, parked: 1 });
    expect((await entrepot.lines('stats')).join('\n')).toMatch(/^delete-object +1 +0 +1 +0 s$/m);
  });
});
