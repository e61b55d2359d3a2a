import type { TagHistoryEntry } from '#metadata';
import { withDatabase } from '../../../../libs/metadata/src/testing/index.js';
import { CommandLine } from '../testing/command-line.js';
import { RepositoryFixture } from '../testing/repository-fixture.js';

const database = withDatabase();
const entrepot = new CommandLine(database);

async function moved() {
  const repository = new RepositoryFixture(database);
  const [first, second] = [await repository.push('latest'), await repository.push('latest', 'v2')];
  return { repository, name: repository.name, first, second };
}

describe('tags history', () => {
  it('lists every move and deletion, of one tag or of all', async () => {
    const { repository, name, first, second } = await moved();
    await repository.deleteTag('latest');
    const entries = await entrepot.json<TagHistoryEntry[]>('tags', 'history', name, 'latest');
    expect(entries.map(({ digest }) => digest)).toEqual([null, second, first]);
    expect(await entrepot.json('tags', 'history', name)).toHaveLength(4);
    const next = await entrepot.json<TagHistoryEntry[]>(
      'tags',
      'history',
      name,
      'latest',
      '--limit',
      '1',
      '--before',
      String(entries[0]!.id),
    );
    expect(next).toEqual([entries[1]]);
    const lines = await entrepot.lines('tags', 'history', name, 'latest');
    expect(lines[0]).toMatch(/^ID +TIME +TAG +POINTED TO +STORED$/);
    expect(lines[1]).toMatch(/\(deleted\) +-$/);
    expect(lines[2]).toMatch(new RegExp(`latest +${second} +yes$`));
  });
});

describe('tags restore', () => {
  it('goes back to what was before a deletion, before a move, and to any digest of the history', async () => {
    const { repository, name, first, second } = await moved();
    await repository.deleteTag('latest');
    expect(await entrepot.lines('tags', 'restore', name, 'latest')).toEqual([`${name}:latest points to ${second}`]);
    expect(await repository.pointsTo('latest')).toBe(second);
    expect(await entrepot.json('tags', 'restore', name, 'latest', first)).toMatchObject({ digest: first, outcome: 'restored' });
    expect(await entrepot.json('tags', 'restore', name, 'latest')).toMatchObject({ digest: second, outcome: 'restored' });
    expect(await entrepot.json('tags', 'restore', name, 'latest', second)).toMatchObject({ outcome: 'unchanged' });
  });

  it('is refused where a rule keeps the tag, and not found where there is nothing to go back to', async () => {
    const { repository, name, first } = await moved();
    await entrepot.lines('tag-rules', 'set', name, 'late*');
    expect(await entrepot.run(['tags', 'restore', name, 'latest'])).toMatchObject({
      ...{ code: 4, err: `entrepot: ${name}:latest matches late*: it can be neither moved nor deleted\n` },
    });
    await entrepot.lines('tag-rules', 'clear', name);
    await repository.deleteManifest(first);
    const gone = await entrepot.run(['tags', 'restore', name, 'latest']);
    expect(gone).toMatchObject({ code: 3 });
    expect(gone.err).toContain('the manifest is gone');
    expect(await entrepot.run(['tags', 'restore', name, 'v2'])).toMatchObject({
      code: 3,
      err: `entrepot: ${name}:v2 pointed nowhere before\n`,
    });
    expect(await entrepot.run(['tags', 'restore', 'no/such', 'v2'])).toMatchObject({ code: 3 });
    expect(await entrepot.run(['tags', 'restore', name, 'v2', 'sha256:12'])).toMatchObject({ code: 2 });
  });
});

describe('tag rules', () => {
  it('are set, shown and cleared, and refused in a line where they are none', async () => {
    const { name } = await moved();
    expect(await entrepot.json('tag-rules', 'set', name, 'v*', '/\\d+/')).toEqual(['v*', '/\\d+/']);
    expect(await entrepot.lines('tag-rules', 'show', name)).toEqual(['v*', '/\\d+/']);
    expect(await entrepot.run(['tag-rules', 'set', name, '/(?=a)b/'])).toMatchObject({ code: 2 });
    expect(await entrepot.json('tag-rules', 'show', name)).toEqual(['v*', '/\\d+/']);
    expect(await entrepot.lines('tag-rules', 'clear', name)).toEqual(['no tag rules: every tag can be moved and deleted']);
  });
});
