import { applyRetention, planRetention, RetentionStore, type ManifestDecision, type TagDecision } from '#metadata';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { CommandLine } from '../testing/command-line.js';
import { RepositoryFixture } from '../testing/repository-fixture.js';

interface DryRun {
  readonly tagHistoryDays: number;
  readonly repositories: readonly { repository: string; tags: TagDecision[]; manifests: ManifestDecision[]; goes: object; stays: object }[];
}

const database = withDatabase();
const entrepot = new CommandLine(database);

async function aRepository(): Promise<RepositoryFixture> {
  const repository = new RepositoryFixture(database);
  for (const tag of ['dev-1', 'dev-2', 'dev-3', 'v1', 'main']) {
    await repository.push(tag);
    await repository.age(1);
  }
  await repository.push();
  await repository.age(40);
  return repository;
}

describe('retention rules', () => {
  it('are set as people write them, shown, and cleared', async () => {
    const { name } = await aRepository();
    expect(await entrepot.lines('retention', 'show', name)).toEqual(['no retention rules: everything stays']);
    const rules = ['--keep', '2 of dev-* by pull', '--keep', 'all of v*', '--keep', '10', '--untagged-days', '30'];
    const shown = [
      'RULE         KEEPS',
      'tags[0]      the last 2 by pull of the tags that match dev-*',
      'tags[1]      all tags that match v*',
      'tags[2]      the last 10 by push of the tags that match *',
      'untaggedDays  manifests that were tagged, pushed or pulled within 30 days',
    ].map((line) => line.replace(/ {2,}/, '  '));
    const lines = (await entrepot.lines('retention', 'set', name, ...rules)).map((line) => line.replace(/ {2,}/, '  '));
    expect(lines).toEqual(shown);
    expect(await entrepot.json('retention', 'show', name)).toEqual({
      tags: [{ match: 'dev-*', keep: 2, by: 'pull' }, { match: 'v*', keep: 'all' }, { keep: 10 }],
      untaggedDays: 30,
    });
    expect(await entrepot.json('retention', 'clear', name)).toBeNull();
    expect(await entrepot.json('retention', 'show', name)).toBeNull();
  });

  it.each([
    [['--keep', 'some of v*'], 'A rule is "<number or all> [of <pattern>] [by push or by pull]"'],
    [['--keep', 'all by pull'], 'retention.tags[0].by means nothing where all are kept'],
    [['--keep', '1 of /(a)\\1/'], 'retention.tags[0].match error parsing regexp'],
    [['--keep', '1 of a/b'], 'retention.tags[0].match "/" is in no tag'],
    [['--untagged-days', '0'], 'whole number from 1 on'],
    [[], 'no rules given'],
  ])('like %j are refused in one line, and change nothing', async (rules, line) => {
    const { name } = await aRepository();
    const { code, out, err } = await entrepot.run(['retention', 'set', name, ...rules]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(err).toContain(line);
    expect(await entrepot.json('retention', 'show', name)).toBeNull();
  });

  it('that would hang a backtracking engine are harmless', async () => {
    const repository = new RepositoryFixture(database);
    await repository.push(`${'a'.repeat(120)}!`.replace('!', '-'), 'latest');
    await entrepot.lines('retention', 'set', repository.name, '--keep', '0 of /(a+)+$/');
    await entrepot.lines('tag-rules', 'set', repository.name, '/(a|aa)+$/');
    const begun = performance.now();
    const [{ goes } = { goes: null }] = (await entrepot.json<DryRun>('retention', 'run', repository.name, '--dry-run')).repositories;
    expect(goes).toEqual({ tags: 0, manifests: 0 });
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it('are not applied where the command line asks for two things', async () => {
    const { name } = await aRepository();
    await entrepot.lines('retention', 'set', name, '--untagged-days', '30');
    const before = await entrepot.json('runs', 'list', '--kind', 'retention');
    for (const args of [['--all'], ['--all', '--detach'], ['--dry-run', '--detach'], ['--dry-run', '--timeout', '9']]) {
      const { code, out, err } = await entrepot.run(['retention', 'run', name, ...args]);
      expect({ args, code, out }).toEqual({ args, code: 2, out: '' });
      expect(err).toContain('--dry-run');
    }
    expect(await entrepot.json('runs', 'list', '--kind', 'retention')).toEqual(before);
  });

  it('are missed where somebody asks for a run of a repository that has none', async () => {
    const { name } = await aRepository();
    const line = `${name} has no retention rules: everything stays`;
    expect((await entrepot.run(['retention', 'run', name, '--detach'])).err).toContain(line);
    await entrepot.lines('retention', 'set', name, '--untagged-days', '30');
    expect((await entrepot.run(['retention', 'run', name, '--detach'])).err).not.toContain(line);
  });

  it('of a repository that is not there are not found', async () => {
    for (const args of [['show'], ['clear'], ['set', '--keep', '1'], ['run', '--dry-run'], ['run', '--detach']])
      expect(await entrepot.run(['retention', ...args, 'no/such'])).toEqual({
        code: 3,
        out: '',
        err: 'entrepot: there is no repository no/such\n',
      });
  });
});

describe('a dry run', () => {
  it('says which rule made each decision, does nothing, and is what a real run does', async () => {
    const repository = await aRepository();
    const { name } = repository;
    const others = await database.sql<{ name: string }>(`update repositories set policy = '{}' where name <> $1 returning name`, [name]);
    expect(others.length).toBeGreaterThan(0);
    await entrepot.lines('retention', 'set', name, '--keep', '1 of dev-*', '--untagged-days', '30');
    const lines = await entrepot.lines('retention', 'run', '--dry-run', '--all');
    expect(lines).toContain(`goes   ${name}:dev-1  tags[0]: number 3 by push of 3 that match dev-*; the last 1 stay`);
    expect(lines).toContain(`stays  ${name}:dev-3  tags[0]: number 1 by push of 3 that match dev-*; the last 1 stay`);
    expect(lines).toContain(`stays  ${name}:v1  none: no rule is about it`);
    expect(lines.filter((line) => line.includes('untaggedDays: no tag, push or pull for 30 days'))).toHaveLength(1);
    expect(lines.slice(-2)).toEqual([
      `${name}: 2 tags and 1 manifest would go, 3 tags and 5 manifests stay`,
      'dry run with TAG_HISTORY_DAYS=14: nothing was changed',
    ]);
    const { repositories } = await entrepot.json<DryRun>('retention', 'run', name, '--dry-run');
    expect(repositories).toMatchObject([{ repository: name, goes: { tags: 2, manifests: 1 }, stays: { tags: 3, manifests: 5 } }]);
    const store = new RetentionStore(database.db);
    const applied = await applyRetention(store, (await planRetention(store, name, 14))!);
    expect({ tags: applied.tags, manifests: applied.manifests }).toEqual({
      tags: repositories[0]!.tags,
      manifests: repositories[0]!.manifests,
    });
    expect((await entrepot.json<DryRun>('retention', 'run', '--dry-run')).repositories[0]!.goes).toEqual({ tags: 0, manifests: 0 });
  });

  it('goes by TAG_HISTORY_DAYS, and a request carries it to the worker', async () => {
    const repository = await aRepository();
    await repository.deleteTag('v1');
    await repository.age(20);
    await entrepot.lines('retention', 'set', repository.name, '--untagged-days', '10');
    const manifests = async (days: string) => {
      const { out } = await entrepot.run(['retention', 'run', repository.name, '--dry-run', '--json'], { env: { TAG_HISTORY_DAYS: days } });
      return (JSON.parse(out) as DryRun).repositories[0]!.manifests.length;
    };
    expect([await manifests('14'), await manifests('30')]).toEqual([2, 1]);
    const { id } = await entrepot.json<{ id: number }>('retention', 'run', repository.name, '--detach');
    expect(await entrepot.json('runs', 'show', String(id))).toMatchObject({
      ...{ kind: 'retention', state: 'waiting', options: { repository: repository.name, tagHistoryDays: 14 } },
    });
  });

  it('tells of rules that nobody understands, and goes on', async () => {
    const [broken, fine] = [await aRepository(), await aRepository()];
    await database.sql(`update repositories set policy = '{"retention": {"moon": "full"}}' where name = $1`, [broken.name]);
    await entrepot.lines('retention', 'set', fine.name, '--untagged-days', '30');
    const { code, out } = await entrepot.run(['retention', 'run', '--dry-run', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ failed: [{ repository: broken.name }] });
    expect((JSON.parse(out) as DryRun).repositories.map(({ repository }) => repository)).toContain(fine.name);
    await database.sql(`update repositories set policy = '{}' where name = $1`, [broken.name]);
  });
});
