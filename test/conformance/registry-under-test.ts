import { randomBytes } from 'node:crypto';
import { Registry } from '../support/registry.js';
import { checkEveryAnswer } from './every-answer.js';

/** False where the suite is pointed at another registry: then only what the distribution spec demands is checked. */
export const isEntrepot = process.env['REGISTRY_IS_ENTREPOT'] !== '0';

/** For promises beyond the spec's MUST: what it leaves open, and what Entrepot adds. */
export const describeEntrepot = isEntrepot ? describe : describe.skip;
export const itEntrepot = isEntrepot ? it : it.skip;

export const registry = new Registry(process.env['REGISTRY_URL']!, isEntrepot ? checkEveryAnswer : undefined);
export const http = registry.http;

const run = randomBytes(4).toString('hex');
let names = 0;

/** A repository nobody has used yet. */
export function freshName(what = 'app'): string {
  return `${process.env['REGISTRY_NAMESPACE'] ?? 'conformance'}/${what}-${run}-${names++}`;
}
