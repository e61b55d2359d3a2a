import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorCatalog, type ErrorKind } from '#oci';
import { specCodes } from './every-answer.js';
import { elsewhere, provocations } from './provocations.js';
import { describeEntrepot } from './registry-under-test.js';

const kinds = Object.keys(errorCatalog) as ErrorKind[];
const root = resolve(import.meta.dirname, '../..');

describe('the error catalogue', () => {
  it.each(kinds.filter((kind) => errorCatalog[kind].status < 500))('%s has a code of the spec', (kind) => {
    expect(specCodes).toContain(errorCatalog[kind].code);
  });

  it.each(kinds.filter((kind) => provocations[kind] === elsewhere))('%s is provoked by a spec that names it', (kind) => {
    const specs = globSync('{apps,test/e2e}/**/*.spec.ts', { cwd: root }).map((path) => readFileSync(resolve(root, path), 'utf8'));
    expect(specs.some((text) => text.includes(kind))).toBe(true);
  });
});

describeEntrepot('every kind of error', () => {
  const provoked = kinds.flatMap((kind) => {
    const provoke = provocations[kind];
    return provoke === elsewhere ? [] : [[kind, provoke] as const];
  });

  it.each(provoked)(
    '%s is answered as the catalogue says',
    async (kind, provoke) => {
      const response = await provoke();
      const { status, code, message } = errorCatalog[kind];
      const [error] = response.json<{ errors: { code: string; message: string }[] }>().errors;
      expect([response.status, error?.code, error?.message]).toEqual([status, code, message]);
      expect(response.header('Content-Type')).toMatch(/^application\/json\b/);
    },
    90_000,
  );

  it('has a detail that is an object', async () => {
    const response = await (provocations.nameInvalid as () => Promise<{ detail(): unknown }>)();
    expect(response.detail()).toEqual(expect.any(Object));
  });
});
