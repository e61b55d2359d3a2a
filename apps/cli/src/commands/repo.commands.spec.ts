import { MaintenanceStore, RepositoryStore } from '#metadata';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { CommandLine } from '../testing/command-line.js';
import { RepositoryFixture } from '../testing/repository-fixture.js';

const database = withDatabase();
const entrepot = new CommandLine(database);

async function aRepository() {
  const repository = new RepositoryFixture(database);
  await repository.push('v1', 'latest');
  return repository;
}

describe('repo show, set, list', () => {
  it('shows what there is, and changes only what is mentioned', async () => {
    const { name } = await aRepository();
    expect(await entrepot.json('repo', 'show', name)).toMatchObject({ name, tags: 2, manifests: 1, blobs: 0, bytes: 0, policy: {} });
    const change = ['--sparse-indexes', 'on', '--immutable-tags', 'v*', '--immutable-tags', 'x', '--keep', '3', '--untagged-days', '7'];
    const policy = { sparseIndexes: true, immutableTags: ['v*', 'x'], retention: { tags: [{ keep: 3 }], untaggedDays: 7 } };
    expect(await entrepot.json('repo', 'set', name, ...change)).toEqual(policy);
    expect(await entrepot.json('repo', 'set', name, '--sparse-indexes', 'off')).toEqual({ ...policy, sparseIndexes: undefined });
    expect(await entrepot.json('repo', 'set', name, '--no-immutable-tags')).toEqual({ retention: policy.retention });
    expect(await entrepot.json('repo', 'set', name, '--no-retention')).toEqual({});
    expect(await entrepot.json('repo', 'set', name, '--policy', JSON.stringify(policy))).toEqual(policy);
    const lines = await entrepot.lines('repo', 'show', name);
    for (const line of [/^tags +2$/, /^sparse indexes +on$/, /^v\*$/, /^tags\[0\] +the last 3 by push/])
      expect(lines.join('\n')).toMatch(new RegExp(line, 'm'));
    expect(await entrepot.json('repo', 'list')).toContain(name);
  });

  it('replaces patterns, also where they are removed in the same line', async () => {
    const { name } = await aRepository();
    await entrepot.lines('tag-rules', 'set', name, 'old');
    expect(await entrepot.json('repo', 'set', name, '--no-immutable-tags', '--immutable-tags', 'v*')).toEqual({ immutableTags: ['v*'] });
  });

  it('makes a repository for settings that are to hold from the first push on', async () => {
    const { name } = new RepositoryFixture(database);
    expect(await entrepot.run(['repo', 'set', name, '--sparse-indexes', 'on'])).toMatchObject({ code: 3 });
    expect(await entrepot.json('repo', 'set', name, '--create', '--sparse-indexes', 'on')).toEqual({ sparseIndexes: true });
  });

  it('refuses what is no setting, and makes no repository for it', async () => {
    const { name } = new RepositoryFixture(database);
    for (const args of [
      [],
      ['--policy', '{'],
      ['--policy', '{}', '--keep', '1'],
      ['--sparse-indexes', 'maybe'],
      ['--no-retention', '--keep', '5'],
      ['--untagged-days', '5', '--no-retention'],
      ['--immutable-tags', '['],
      ['--keep', 'all by pull'],
      ['--keep', '1 of /(a)\\1/'],
    ])
      expect(await entrepot.run(['repo', 'set', name, '--create', ...args])).toMatchObject({ code: 2, out: '' });
    expect(await entrepot.run(['repo', 'show', name])).toMatchObject({ code: 3 });
    expect(await entrepot.run(['repo', 'show', 'Not/AName'])).toMatchObject({ code: 2 });
    const { name: there } = await aRepository();
    expect(await entrepot.run(['repo', 'set', there, '--policy', '{"moon":1}'])).toMatchObject({
      ...{ code: 2, err: 'entrepot: Unrecognized key: "moon"\n' },
    });
  });
});

it('settings that nobody understands can be replaced', async () => {
  const { name } = await aRepository();
  await database.sql(`update repositories set policy = '{"moon": "full"}' where name = $1`, [name]);
  expect(await entrepot.run(['repo', 'show', name])).toMatchObject({ code: 2, err: 'entrepot: Unrecognized key: "moon"\n' });
  expect(await entrepot.json('repo', 'set', name, '--policy', '{"sparseIndexes":true}')).toEqual({ sparseIndexes: true });
  expect(await entrepot.json('repo', 'show', name)).toMatchObject({ policy: { sparseIndexes: true } });
});

describe('repo rm', () => {
  it('does nothing without a yes', async () => {
    const { name } = await aRepository();
    const nobody = await entrepot.run(['repo', 'rm', name]);
    expect(nobody).toMatchObject({ code: 4, out: '' });
    expect(nobody.err).toContain(`${name} has 2 tags, 1 manifest and 0 blobs; to remove it without being asked: --yes`);
    expect(await entrepot.run(['repo', 'rm', name], { answer: 'yes' })).toMatchObject({ code: 4 });
    expect(await new RepositoryStore(database.db).policy(name)).toEqual({});
    expect(await entrepot.run(['repo', 'rm', 'no/such', '--yes'])).toMatchObject({ code: 3 });
  });

  it.each([
    ['its name', [], (name: string) => name],
    ['--yes', ['--yes'], () => undefined],
  ])('with %s removes the repository, and asks for what it had to be cleared away', async (_how, options, answer) => {
    const { name } = await aRepository();
    const { code, out } = await entrepot.run(['repo', 'rm', name, '--detach', '--json', ...options], { answer: answer(name) });
    expect(code).toBe(0);
    expect(await new RepositoryStore(database.db).policy(name)).toBeNull();
    const run = await new MaintenanceStore(database.db).find((JSON.parse(out) as { id: number }).id);
    expect(run).toMatchObject({ kind: 'removal', options: { repository: name } });
    const refused = await entrepot.run(['runs', 'cancel', String(run!.id)]);
    expect(refused).toMatchObject({ code: 4, out: '', err: expect.stringContaining('it cannot be cancelled') as string });
    expect(await new MaintenanceStore(database.db).find(run!.id)).toMatchObject({ state: 'waiting' });
  });
});
