import { PatternError } from './pattern-error.js';
import { TagPattern } from './tag-pattern.js';

const matching = (pattern: string, tags: readonly string[]) => tags.filter((tag) => TagPattern.parse(pattern).matches(tag));

describe('a glob', () => {
  it.each([
    ['v*', ['v1', 'v'], ['1v', 'V1']],
    ['v1.0', ['v1.0'], ['v1x0', 'v1.0.1']],
    ['?-rc', ['1-rc'], ['-rc', '12-rc']],
    ['[a-c0-2]x', ['ax', '2x'], ['dx', '-x', 'aax']],
    ['[!0-9]*', ['v1', '_'], ['1v']],
    ['v[._-]1', ['v.1', 'v_1', 'v-1'], ['vx1', 'v1']],
    ['{main,release-{1,2}}*', ['main', 'main-7', 'release-2.1'], ['release-3', 'dev']],
    ['*', ['anything', '_'], []],
  ])('%s stands for whole tags', (glob, yes, no) => {
    expect(matching(glob, [...yes, ...no])).toEqual(yes);
  });

  it.each(['', 'a/b', 'v 1', 'v+', '[a', '[]', '[a/]', '{a', 'a}', '/v', 'x'.repeat(257)])('%j is refused', (glob) => {
    expect(() => TagPattern.parse(glob)).toThrow(PatternError);
  });
});

describe('a regular expression', () => {
  it('stands between slashes, for whole tags', () => {
    expect(matching('/v\\d+(\\.\\d+)*/', ['v1', 'v1.2.3', 'v1-rc', 'xv1'])).toEqual(['v1', 'v1.2.3']);
  });

  it.each(['/(a+/', '/\\1/', '/(a)\\1/', '/(?=a)b/', '/(?<!a)b/', '/((a{0,30}){0,30}){0,30}/', '/a{1000}/'])(
    '%s is refused in a line',
    (pattern) => {
      expect(() => TagPattern.parse(pattern)).toThrow(PatternError);
    },
  );

  // Each of these takes a backtracking engine longer than anybody lives.
  it.each(['/(a+)+$/', '/(a|a)*b/', '/(a|aa)+$/', '/(.*)*x/', '/(x+x+)+y/', '/([a-z]+)*\\d/', '/(a?){60}a{60}/'])(
    '%s is harmless',
    (pattern) => {
      const compiled = TagPattern.parse(pattern);
      const tag = `${'a'.repeat(126)}!`;
      compiled.matches(tag);
      const begun = performance.now();
      for (let round = 0; round < 10; round += 1) expect(compiled.matches(tag)).toBe(false);
      expect((performance.now() - begun) / 10).toBeLessThan(100);
    },
  );
});
