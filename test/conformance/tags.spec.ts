import { anImage } from '../support/builders.js';
import type { Content } from '../support/content.js';
import type { HttpResponse } from '../support/http-response.js';
import { withQuery, type Query } from '../support/registry.js';
import { expectError, expectStatus } from './expectations.js';
import { describeEntrepot, freshName, http, itEntrepot, registry } from './registry-under-test.js';

const tags = ['0', '1.0', '10', '2', 'A', 'B', '_', 'a', 'a-b', 'a.b', 'a_b', 'aB', 'ab', 'z'];
// ASCII: '-' < '.' < digits < upper case < '_' < lower case.
const sorted = ['0', '1.0', '10', '2', 'A', 'B', '_', 'a', 'a-b', 'a.b', 'aB', 'a_b', 'ab', 'z'];
const name = freshName('tags');
let image: Content;
beforeAll(async () => {
  image = await registry.push(name, anImage().tagged(...tags));
});

const list = (query: Query = {}) => http.get(withQuery(`/v2/${name}/tags/list`, query));
const tagsOf = (response: HttpResponse) => expectStatus(response, 200).json<{ tags: string[] }>().tags;

describe('listing tags', () => {
  it('answers the repository and all its tags', async () => {
    const response = expectStatus(await list(), 200);
    expect(response.header('Content-Type')).toMatch(/^application\/json/);
    const body = response.json<{ name: string; tags: string[] }>();
    expect(body.name).toBe(name);
    expect([...body.tags].sort()).toEqual([...tags].sort());
  });

  itEntrepot('in ASCII order', async () => {
    expect(tagsOf(await list())).toEqual(sorted);
  });

  it('last: only what comes after it', async () => {
    const all = [...tagsOf(await list())].sort();
    const rest = tagsOf(await list({ last: all[6]! }));
    expect([...rest].sort()).toEqual(all.slice(7));
  });

  it('404 NAME_UNKNOWN for a repository nobody has pushed to', async () => {
    expectError(await http.get(`/v2/${freshName('nobody')}/tags/list`), 404, 'NAME_UNKNOWN');
  });

  it('shows a tag at once after its push', async () => {
    const other = freshName('tags');
    await registry.push(other, anImage().tagged('first'));
    expect(await registry.tags(other)).toEqual(['first']);
    await registry.push(other, anImage().tagged('second'));
    expect(await registry.tags(other)).toEqual(['first', 'second']);
  });
});

describeEntrepot('pages of tags', () => {
  it.each<[Query, string[]]>([
    [{ n: '3' }, sorted.slice(0, 3)],
    [{ n: '3', last: '10' }, sorted.slice(3, 6)],
    [{ n: '100' }, sorted],
    [{ n: '5', last: 'zz' }, []],
    [{ last: 'zz' }, []],
    [{ last: 'Z' }, sorted.slice(6)],
    [{ n: '2', last: 'a.a' }, ['a.b', 'aB']],
  ])('%j', async (query, expected) => {
    expect(tagsOf(await list(query))).toEqual(expected);
  });

  it('are chained by Link headers until the last, which has none', async () => {
    const seen: string[] = [];
    let target: string | undefined = withQuery(`/v2/${name}/tags/list`, { n: '4' });
    while (target) {
      const response: HttpResponse = await http.get(target);
      seen.push(...tagsOf(response));
      target = /^<([^>]+)>; *rel="?next"?$/.exec(response.header('Link') ?? '')?.[1];
      if (target) expect(target.startsWith('/')).toBe(true);
    }
    expect(seen).toEqual(sorted);
  });

  it('no Link where the page ends exactly with the list', async () => {
    const response = await list({ n: String(sorted.length) });
    expect(tagsOf(response)).toEqual(sorted);
    expect(response.header('Link')).toBeUndefined();
  });

  it('n=0 answers an empty list and no Link', async () => {
    const response = await list({ n: '0' });
    expect(tagsOf(response)).toEqual([]);
    expect(response.header('Link')).toBeUndefined();
  });

  it.each(['-1', 'ten', '1.5', '', ' ', '1e3', '99999999999999999999'])('n=%j is refused with 400', async (n) => {
    expectError(await list({ n }), 400, 'UNSUPPORTED');
  });

  it('last may be anything, also what no tag can be', async () => {
    expect(tagsOf(await list({ last: '' }))).toEqual(sorted);
    expect(tagsOf(await list({ last: '🚢' }))).toEqual([]);
    expectError(await list({ last: '\u0000' }), 400, 'UNSUPPORTED');
  });
});

describe('a repository without tags', () => {
  it('answers an empty list, as JSON', async () => {
    const untagged = freshName('untagged');
    await registry.push(untagged, anImage());
    const response = await http.get(`/v2/${untagged}/tags/list`);
    expect(response.json<{ tags: string[] | null }>().tags ?? []).toEqual([]);
  });

  itEntrepot('keeps being a list once the last tag is deleted', async () => {
    const name = freshName('untagged');
    await registry.push(name, anImage().tagged('only'));
    expectStatus(await http.delete(`/v2/${name}/manifests/only`), 202);
    expect(await registry.tags(name)).toEqual([]);
  });
});

it('tags of one manifest all lead to it', async () => {
  for (const tag of tags) expect(await registry.resolve(name, 'manifests', tag)).toBe(image.digest);
});
