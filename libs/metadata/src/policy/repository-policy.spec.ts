import { parsePolicy, PolicyError } from './repository-policy.js';

describe('a policy', () => {
  it('keeps what says something', () => {
    const retention = {
      tags: [
        { match: 'dev-*', keep: 10, by: 'pull' as const },
        { match: 'v*', keep: 'all' as const },
      ],
      untaggedDays: 7,
    };
    expect(parsePolicy({ sparseIndexes: true, immutableTags: ['v*', 'v*'], retention })).toEqual({
      sparseIndexes: true,
      immutableTags: ['v*'],
      retention,
    });
    expect(parsePolicy({ sparseIndexes: false, immutableTags: [] })).toEqual({});
  });

  it.each([
    [{ immutabletags: ['v*'] }, 'Unrecognized key: "immutabletags"'],
    [{ immutableTags: ['/(a/'] }, 'immutableTags[0] error parsing regexp: missing closing ): `(a`'],
    [{ immutableTags: 'v*' }, 'immutableTags Invalid input: expected array, received string'],
    [{ retention: {} }, 'retention has no rule'],
    [{ retention: { untaggedDays: 0.5 } }, 'retention.untaggedDays must be a whole number of days'],
    [{ retention: { tags: [{ keep: 'some' }] } }, 'retention.tags[0].keep must be "all" or a whole number'],
    [{ retention: { tags: [{ keep: 1, by: 'luck' }] } }, 'retention.tags[0].by must be "push" or "pull"'],
    [{ retention: { tags: [{ keep: 'all', by: 'pull' }] } }, 'retention.tags[0].by means nothing where all are kept'],
    [
      { retention: { tags: [{ match: 'a b', keep: 1 }] } },
      'retention.tags[0].match " " is in no tag; a regular expression stands between slashes',
    ],
  ])('%j is refused in a line that names the field', (policy, line) => {
    expect(() => parsePolicy(policy)).toThrow(new PolicyError(line));
  });
});
