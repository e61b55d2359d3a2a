import { randomBytes } from 'node:crypto';
import { Registry } from '../support/registry.js';
import { checkEveryAnswer } from './every-answer.js';

/** False where the suite is pointed at another registry: then only what the distribution spec demands is checked. */
export const isEntrepot = process.env['REGISTRY_IS_ENTREPOT'] !== '0';

/** For promises beyond the spec's MUST: what it leaves open, and what Entrepot adds. */
export const describeEntrepot = isEntrepot ? describe : describe.skip;
export const itEntrepot = isEntrepot ? it : it.skip;

/** False behind a proxy that speaks HTTP itself: to what is no good HTTP, and with `100 Continue`, it answers before the registry is asked. */
export const isDirect = process.env['REGISTRY_BEHIND_PROXY'] !== '1';
export const itDirect = isDirect ? itEntrepot : it.skip;
/** Cases for a registry that is asked directly, to be spread among others. */
export const direct = <Case>(...cases: Case[]): Case[] => (isDirect ? cases : []);

export const registry = new Registry(process.env['REGISTRY_URL']!, isEntrepot ? checkEveryAnswer : undefined);
export const http = registry.http;

const run = randomBytes(4).toString('hex');
let names = 0;

/** A repository nobody has used yet. */
export function freshName(what = 'app'): string {
  return `${process.env['REGISTRY_NAMESPACE'] ?? 'conformance'}/${what}-${run}-${names++}`;
}
