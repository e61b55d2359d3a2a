import { jsonbSafe } from './jsonb-safe.js';

const replaced = '\uFFFD';

describe('jsonbSafe', () => {
  it.each([
    ['text', 'grüße 🚢', 'grüße 🚢'],
    ['NUL', 'a\0b', `a${replaced}b`],
    ['a lone high surrogate', 'a\uD83Db', `a${replaced}b`],
    ['a lone low surrogate', '\uDEA2', replaced],
    ['a key with NUL', { 'a\0': 1 }, { [`a${replaced}`]: 1 }],
    ['numbers JSON reads as infinite', [1e999, -1e999, 1.5], [null, null, 1.5]],
    ['undefined fields', { a: undefined, b: null }, { b: null }],
    ['nesting', { a: [{ b: [true] }] }, { a: [{ b: [true] }] }],
    ['nothing', undefined, null],
  ])('passes on %s', (_what, from, expected) => {
    expect(jsonbSafe(from)).toEqual(expected);
  });

  it('takes "__proto__" for a key like any other', () => {
    const safe = jsonbSafe(JSON.parse('{"__proto__": {"polluted": true}}'));
    expect(JSON.stringify(safe)).toBe('{"__proto__":{"polluted":true}}');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('has stack enough for any depth, and cuts it', () => {
    const deep = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000)) as unknown;
    expect(JSON.stringify(jsonbSafe(deep)).length).toBeLessThan(100);
  });

  it('cuts text, entries, and everything together', () => {
    const limits = { depth: 3, entries: 5, text: 4, allText: 12 };
    expect(jsonbSafe('123456', limits)).toBe('1234');
    expect(jsonbSafe([1, 2, 3, 4, 5, 6, 7], limits)).toEqual([1, 2, 3, 4, 5]);
    expect(jsonbSafe(['1234', '1234', '1234', '1234'], limits)).toEqual(['1234', '1234', '1234', '']);
    expect(jsonbSafe('123\u{1F6A2}', limits)).toBe(`123${replaced}`);
  });
});
