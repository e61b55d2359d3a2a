import { RegistryError } from '#oci';

/** Query parameters as Fastify hands them over: a repeated one is a list. */
export type Query = Readonly<Record<string, string | string[] | undefined>>;

/** One value of a parameter, the first where it is repeated; throws `queryInvalid` where it has a NUL, which nothing that is stored has. */
export function firstOf(query: Query, name: string): string | undefined {
  const [value] = allOf(query, name);
  if (value?.includes('\0')) throw new RegistryError('queryInvalid', { parameter: name, reason: 'contains NUL' });
  return value;
}

/** All values of a parameter. */
export function allOf(query: Query, name: string): readonly string[] {
  const value = query[name];
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** The largest page; a longer list is continued by its `Link` header. */
export const maxPage = 10_000;

/** What part of a list is asked for: at most `limit` entries, those after `last`. */
export interface Page {
  readonly limit: number;
  readonly last?: string;
}

/** Reads `n` and `last` (distribution-spec, "Listing Tags"); throws `queryInvalid`. */
export function parsePage(query: Query): Page {
  const n = firstOf(query, 'n');
  if (n !== undefined && !/^\d{1,9}$/.test(n))
    throw new RegistryError('queryInvalid', { n: n.slice(0, 100), reason: 'not a whole number' });
  return { limit: Math.min(n === undefined ? maxPage : Number(n), maxPage), last: firstOf(query, 'last') };
}

/** The `Link` header that leads to the next page (RFC 8288). */
export function nextLink(path: string, parameters: Readonly<Record<string, string | number>>): string {
  const query = new URLSearchParams(Object.entries(parameters).map(([key, value]): [string, string] => [key, String(value)]));
  return `<${path}?${query.toString()}>; rel="next"`;
}
