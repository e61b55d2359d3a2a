/** What Postgres accepts as jsonb, and no more of it than a row should hold. */
export type JsonbValue = string | number | boolean | null | JsonbValue[] | { [key: string]: JsonbValue };

export interface JsonbLimits {
  /** Nesting kept; what lies deeper becomes null. */
  readonly depth: number;
  /** Fields and list entries kept, all together. */
  readonly entries: number;
  /** UTF-16 units kept of one text. */
  readonly text: number;
  /** UTF-16 units kept of all texts and keys together. */
  readonly allText: number;
}

export const jsonbLimits: JsonbLimits = { depth: 12, entries: 4_096, text: 4_096, allText: 262_144 };

type Container = JsonbValue[] | { [key: string]: JsonbValue };
interface Pending {
  readonly from: object;
  readonly to: Container;
  readonly depth: number;
}

/**
 * A copy that Postgres takes as jsonb: NUL and lone surrogates, which are legal JSON and no legal jsonb, become U+FFFD; numbers JSON can't
 * spell become null; what is beyond the limits is left out. Breadth first and without recursion, so that the outermost fields win.
 */
export function jsonbSafe(value: unknown, limits: JsonbLimits = jsonbLimits): JsonbValue {
  const root: [JsonbValue?] = [];
  const queue: Pending[] = [{ from: [value], to: root as JsonbValue[], depth: 0 }];
  let entriesLeft = limits.entries + 1;
  let textLeft = limits.allText;

  const text = (from: string): string => {
    const kept = from.slice(0, Math.min(limits.text, Math.max(textLeft, 0)));
    textLeft -= kept.length;
    return kept.toWellFormed().replaceAll('\0', '\uFFFD');
  };
  const convert = (from: unknown, depth: number): JsonbValue => {
    if (typeof from === 'string') return text(from);
    if (typeof from === 'boolean') return from;
    if (typeof from === 'number') return Number.isFinite(from) ? from : null;
    if (typeof from !== 'object' || from === null || depth > limits.depth) return null;
    const to: Container = Array.isArray(from) ? [] : {};
    queue.push({ from, to, depth });
    return to;
  };

  for (let next = 0; next < queue.length; next++) {
    const { from, to, depth } = queue[next]!;
    for (const [key, entry] of entriesOf(from)) {
      if (entry === undefined) continue;
      if (--entriesLeft < 0 || textLeft < 0) break;
      if (Array.isArray(to)) to.push(convert(entry, depth + 1));
      // Defined, not assigned: a key "__proto__" is only a key.
      else Object.defineProperty(to, text(key), { value: convert(entry, depth + 1), enumerable: true, configurable: true, writable: true });
    }
  }
  return root[0] ?? null;
}

function* entriesOf(from: object): Generator<[string, unknown]> {
  if (Array.isArray(from)) for (const entry of from as unknown[]) yield ['', entry ?? null];
  else for (const key of Object.keys(from)) yield [key, (from as Record<string, unknown>)[key]];
}
