import { allOf, firstOf, maxPage, nextLink, parsePage } from './query.js';

it('reads a page, at most as long as the longest', () => {
  expect(parsePage({ n: '5', last: 'v1' })).toEqual({ limit: 5, last: 'v1' });
  expect(parsePage({ n: '0' })).toEqual({ limit: 0, last: undefined });
  expect(parsePage({})).toEqual({ limit: maxPage, last: undefined });
  expect(parsePage({ n: '999999999' }).limit).toBe(maxPage);
});

it.each(['-1', '1.5', 'x', '', '1e3', '99999999999'])('refuses n=%s', (n) => {
  expect(() => parsePage({ n })).toThrow(expect.objectContaining({ kind: 'queryInvalid' }) as Error);
});

it('reads repeated parameters', () => {
  const query = { tag: ['a', 'b'], one: 'c' };
  expect([firstOf(query, 'tag'), allOf(query, 'tag'), allOf(query, 'one'), allOf(query, 'none')]).toEqual(['a', ['a', 'b'], ['c'], []]);
});

it('encodes what leads to the next page', () => {
  expect(nextLink('/v2/_catalog', { n: 2, last: 'a/b' })).toBe('</v2/_catalog?n=2&last=a%2Fb>; rel="next"');
});
