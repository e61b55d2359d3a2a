import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorCatalog, type ErrorKind } from '#oci';
import { specCodes } from './every-answer.js';
import { provocations } from './provocations.js';
import { describeEntrepot, isDirect } from './registry-under-test.js';

const kinds = Object.keys(errorCatalog) as ErrorKind[];
const root = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(resolve(root, path), 'utf8');

describe('the error catalogue', () => {
  it.each(kinds.filter((kind) => errorCatalog[kind].status < 500))('%s has a code of the spec', (kind) => {
    expect(specCodes).toContain(errorCatalog[kind].code);
  });

  it('has no kind that nobody provokes', () => {
    expect(Object.keys(provocations).sort()).toEqual([...kinds].sort());
  });

  const elsewhere = kinds.flatMap((kind) => {
    const provocation = provocations[kind];
    return typeof provocation === 'object' ? [[kind, provocation] as const] : [];
  });
  it.each(elsewhere)('%s is provoked where something is broken', (_kind, { spec, test }) => {
    expect(read(spec)).toContain(test);
  });
});

/** What a proxy in front says itself, or keeps from happening. */
const answeredByProxies: ReadonlySet<ErrorKind> = new Set<ErrorKind>([
  'requestInvalid',
  'uploadSuperseded',
  'headersTooLarge',
  'headersTooSlow',
  'expectationUnknown',
]);

describeEntrepot('every kind of error', () => {
  const provoked = kinds.flatMap((kind) => {
    const provoke = provocations[kind];
    if (!isDirect && answeredByProxies.has(kind)) return [];
    return typeof provoke === 'function' ? [[kind, provoke] as const] : [];
  });

  it.each(provoked)(
    '%s is answered as the catalogue says, with a detail that is an object',
    async (kind, provoke) => {
      const response = await provoke();
      const { status, code, message } = errorCatalog[kind];
      expect(response.status).toBe(status);
      expect(response.json()).toEqual({ errors: [{ code, message, detail: expect.any(Object) as object }] });
      expect(response.header('Content-Type')).toMatch(/^application\/json\b/);
    },
    90_000,
  );
});
