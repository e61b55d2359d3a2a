import { anImage } from '../support/builders.js';
import type { HttpResponse } from '../support/http-response.js';
import { withQuery, type Query } from '../support/registry.js';
import { expectError, expectStatus } from './expectations.js';
import { describeEntrepot, freshName, http, registry } from './registry-under-test.js';

describeEntrepot('the catalog', () => {
  // Names that a locale would sort otherwise.
  const prefix = freshName('catalog');
  const names = ['-a', '.b', '/a', '/a-b', '/a/b', '/a_b', '/b', '0'].map((suffix) => `${prefix}${suffix}`);
  const page = async (query: Query) => expectStatus(await http.get(withQuery('/v2/_catalog', query)), 200);
  const listed = (response: HttpResponse) => response.json<{ repositories: string[] }>().repositories;
  beforeAll(async () => {
    for (const name of names) await registry.push(name, anImage().tagged('x'));
  });

  it('lists repositories in ASCII order', async () => {
    const response = await page({ n: '8', last: prefix });
    expect(response.header('Content-Type')).toMatch(/^application\/json/);
    expect(listed(response)).toEqual(names);
  });

  it('is paged by n and last, chained by Link headers', async () => {
    const seen: string[] = [];
    let target: string | undefined = withQuery('/v2/_catalog', { n: '3', last: prefix });
    while (target && seen.length < names.length) {
      const response: HttpResponse = await http.get(target);
      expect(listed(response).length).toBeLessThanOrEqual(3);
      seen.push(...listed(response));
      target = /^<([^>]+)>; *rel="?next"?$/.exec(response.header('Link') ?? '')?.[1];
    }
    expect(seen.slice(0, names.length)).toEqual(names);
  });

  it('shows a repository at once after its first manifest', async () => {
    const name = `${prefix}1`;
    await registry.push(name, anImage());
    expect(listed(await page({ n: '1', last: names.at(-1)! }))).toEqual([name]);
  });

  it('n=0 answers an empty list and no Link', async () => {
    const response = await page({ n: '0' });
    expect(listed(response)).toEqual([]);
    expect(response.header('Link')).toBeUndefined();
  });

  it.each(['-1', 'all', ''])('n=%j is refused with 400', async (n) => {
    expectError(await http.get(withQuery('/v2/_catalog', { n })), 400, 'UNSUPPORTED');
  });

  it('answers nothing behind the last name, and bears a last that is no name', async () => {
    expect(listed(await page({ last: '~~~' }))).toEqual([]);
    expect(listed(await page({ n: '1', last: 'NOT/a name' }))).toHaveLength(1);
    expectError(await http.get('/v2/_catalog?last=%00'), 400, 'UNSUPPORTED');
  });
});
