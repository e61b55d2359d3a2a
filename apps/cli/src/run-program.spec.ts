import { MaintenanceStore, RepositoryStore } from '#metadata';
import { parseRepositoryName } from '#oci';
import { withDatabase } from '../../../libs/metadata/src/testing/index.js';
import { programFor } from './program.js';
import { CommandLine } from './testing/command-line.js';

const database = withDatabase();
const entrepot = new CommandLine(database);
const runs = () => new MaintenanceStore(database.db);

/** Of some blob. */
const digest = `'\\x01'::bytea || sha256('blob')`;

afterEach(() => database.sql('truncate repositories, tag_history, maintenance_runs, outbox, reviews, blobs cascade'));

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
