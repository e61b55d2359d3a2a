import { errorCatalog, findReference, parseDigest, parseRepositoryName, parseTag, tenantOf } from './index.js';

const specCodes = new Set([
  'BLOB_UNKNOWN', 'BLOB_UPLOAD_INVALID', 'BLOB_UPLOAD_UNKNOWN', 'DIGEST_INVALID', 'MANIFEST_BLOB_UNKNOWN', 'MANIFEST_INVALID', 'MANIFEST_UNKNOWN',
  'NAME_INVALID', 'NAME_UNKNOWN', 'SIZE_INVALID', 'UNAUTHORIZED', 'DENIED', 'UNSUPPORTED', 'TOOMANYREQUESTS',
]); // prettier-ignore

describe('the error catalogue', () => {
  it.each(Object.entries(errorCatalog))("%s: a 4xx has one of the spec's codes, the rest say when to come back", (_kind, entry) => {
    if (entry.status < 500) expect(specCodes).toContain(entry.code);
    else if (entry.status === 503) expect(entry).toMatchObject({ code: 'UNAVAILABLE', retryAfterSeconds: expect.any(Number) as number });
    else expect(entry).toMatchObject({ code: 'UNKNOWN', status: 500 });
  });
});

describe('repository names', () => {
  it.each(['a', 'acme/app', 'a/b/c/d', 'a-b', 'a--b', 'a_b', 'a__b', 'a.b', '0', 'blobs/uploads', `${'a'.repeat(127)}/${'b'.repeat(127)}`])(
    '%s is one',
    (name) => {
      expect(parseRepositoryName(name)).toBe(name);
    },
  );
  it.each(['', 'A', '/a', 'a/', 'a//b', '..', 'a/../b', 'a..b', 'a___b', '-a', 'a-', '_a', 'a b', 'a%2fb', 'ä', 'a\n', 'a'.repeat(256)])(
    '%j is none',
    (name) => {
      expect(() => parseRepositoryName(name)).toThrow(expect.objectContaining({ kind: 'nameInvalid' }) as Error);
    },
  );
  it('belong to the tenant named first, or to "default"', () => {
    expect([tenantOf(parseRepositoryName('acme/app')), tenantOf(parseRepositoryName('app'))]).toEqual(['acme', 'default']);
  });
});

describe('references', () => {
  const sha256 = `sha256:${'0'.repeat(64)}`;
  const sha512 = `sha512:${'f'.repeat(128)}`;
  it.each([sha256, sha512])('%s is a digest', (text) => expect(findReference(text)).toEqual({ digest: text }));
  it.each(['v1', '_', 'A.b-c', 'x'.repeat(128)])('%s is a tag', (text) => expect(findReference(text)).toEqual({ tag: text }));
  it.each(['', '.a', '-a', 'a:b', 'x'.repeat(129), `md5:${'0'.repeat(32)}`, sha256.toUpperCase(), `${sha256}0`, 'a/b', 'ä'])(
    '%j is neither',
    (text) => {
      expect(findReference(text)).toBeNull();
      expect(() => parseDigest(text)).toThrow(expect.objectContaining({ kind: 'digestInvalid' }) as Error);
      expect(() => parseTag(text)).toThrow(expect.objectContaining({ kind: 'tagInvalid' }) as Error);
    },
  );
});
