import { parseTag } from '#oci';
import { findLegacyTag } from './legacy-tag.js';

const hex = 'ab'.repeat(32);

describe('findLegacyTag', () => {
  it.each(['sig', 'att', 'sbom'])('reads what and whose from .%s', (kind) => {
    const tag = parseTag(`sha256-${hex}.${kind}`);
    expect(findLegacyTag(tag)).toEqual({ tag, kind, subject: `sha256:${hex}` });
  });

  it.each([
    'latest',
    `sha256-${hex}`,
    `sha256-${hex}.sigs`,
    `sha256-${hex.slice(2)}.sig`,
    `sha256-${hex.toUpperCase()}.sig`,
    `md5-${hex.slice(32)}.sig`,
    `v1-sha256-${hex}.sig`,
  ])('takes %s for an ordinary tag', (tag) => {
    expect(findLegacyTag(parseTag(tag))).toBeNull();
  });
});
