import type { Digest } from '#oci';
import type { RaceManifest } from './race-content.js';

/** What somebody takes away on purpose. */
export type Removed = 'manifest' | 'blob';

interface Interval {
  readonly from: number;
  to: number;
}

/** A manifest that must be there: its push was answered with 201, and nobody has asked to delete it since. */
export interface Entry {
  readonly name: string;
  readonly manifest: RaceManifest;
}

/** No request and no push of the race takes longer. */
const memoryMs = 120_000;

/** What the registry has promised, what was taken away on purpose, and what went wrong. All clients share one. */
export class Ledger {
  readonly counts: Record<string, number> = {};
  readonly violations: string[] = [];
  readonly #entries = new Map<string, Entry>();
  readonly #removals = new Map<string, Interval[]>();
  /** Manifests that may or may not be there: deleted while they were pushed, or kept by an index. Somebody has to clear them away. */
  readonly #doubtful = new Map<string, Entry>();

  count(what: string, by = 1): void {
    this.counts[what] = (this.counts[what] ?? 0) + by;
  }

  violate(text: string): void {
    if (this.violations.length < 100) this.violations.push(text);
  }

  get size(): number {
    return this.#entries.size;
  }

  entries(): Entry[] {
    return [...this.#entries.values()];
  }

  /** Still promised? */
  holds({ name, manifest }: Entry): boolean {
    return this.#entries.has(`${name}@${manifest.digest}`);
  }

  /** A 201 to a push that was sent at `from`; where a deletion ran meanwhile, nobody knows who was first. */
  acknowledged(entry: Entry, from: number): void {
    const key = `${entry.name}@${entry.manifest.digest}`;
    const all = this.removedSince('manifest', key, from) ? this.#doubtful : this.#entries;
    all.set(key, entry);
  }

  doubt(entry: Entry): void {
    this.#doubtful.set(`${entry.name}@${entry.manifest.digest}`, entry);
  }

  /** Takes up to so many out of those in doubt. */
  takeDoubtful(most: number): Entry[] {
    const taken = [...this.#doubtful].slice(0, most);
    for (const [key] of taken) this.#doubtful.delete(key);
    return taken.map(([, entry]) => entry);
  }

  /** Runs a deletion, and remembers from when to when it may have happened. */
  async removing<T>(kind: Removed, name: string, digest: Digest, remove: () => Promise<T>): Promise<T> {
    const key = `${name}@${digest}`;
    const interval = { from: performance.now(), to: Infinity };
    if (kind === 'manifest') this.#entries.delete(key);
    const intervals = (this.#removals.get(kind + key) ?? []).filter(({ to }) => to > interval.from - memoryMs);
    this.#removals.set(kind + key, [...intervals, interval]);
    try {
      return await remove();
    } finally {
      interval.to = performance.now();
    }
  }

  /** True where somebody's deletion of it ran at any time after `from`. */
  removedSince(kind: Removed, key: string, from: number): boolean {
    return (this.#removals.get(kind + key) ?? []).some(({ to }) => to >= from);
  }
}
