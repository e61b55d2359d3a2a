import { companionOf, findCosignTag } from './companion-tag.js';
import { parseTag } from './reference.js';

const hex = 'ab'.repeat(32);

describe('findCosignTag', () => {
  it.each(['sig', 'att', 'sbom'])('reads what and whose from .%s', (kind) => {
    const tag = parseTag(`sha256-${hex}.${kind}`);
    expect(findCosignTag(tag)).toEqual({ tag, kind, subject: `sha256:${hex}` });
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
    expect(findCosignTag(parseTag(tag))).toBeNull();
  });
});

describe('companionOf', () => {
  it.each(['', '.sig', '.att', '.sbom'])('names the manifest that sha256-<hex>%s exists for', (kind) => {
    expect(companionOf(parseTag(`sha256-${hex}${kind}`))).toBe(`sha256:${hex}`);
  });

  it.each(['latest', `sha256-${hex}.tar`, `sha256-${hex.slice(2)}`, `sha256-${hex}0`, `v1-sha256-${hex}`])('has none for %s', (tag) => {
    expect(companionOf(parseTag(tag))).toBeNull();
  });
});
