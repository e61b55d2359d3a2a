import type { Digest } from '#oci';
import type { SnapshotManifest } from './snapshot.js';

/** Who stands and falls with whom: children with each index that lists them, referrers with the manifests they are about. */
export class ManifestGraph {
  private readonly children = new Map<Digest, Digest[]>();
  private readonly followers = new Map<Digest, Digest[]>();
  private readonly leaders = new Map<Digest, Digest[]>();
  private readonly holders = new Map<Digest, number>();
  private readonly known: ReadonlySet<Digest>;

  constructor(manifests: readonly SnapshotManifest[]) {
    this.known = new Set(manifests.map(({ digest }) => digest));
    for (const { digest, subject, children } of manifests) {
      for (const child of new Set(children)) if (this.known.has(child)) this.addChild(digest, child);
      if (subject) this.addFollower(subject, digest);
    }
  }

  has(digest: Digest): boolean {
    return this.known.has(digest);
  }

  /** `follower` is about `leader`: it stays and goes with it. Without effect where that is not there. */
  addFollower(leader: Digest, follower: Digest): void {
    if (!this.known.has(leader) || this.leaders.get(follower)?.includes(leader)) return;
    append(this.followers, leader, follower);
    append(this.leaders, follower, leader);
    this.holders.set(follower, (this.holders.get(follower) ?? 0) + 1);
  }

  /** What a manifest is about, as far as it is there. */
  leadersOf(digest: Digest): readonly Digest[] {
    return this.leaders.get(digest) ?? [];
  }

  /** Calls `visit` for all that stays because `digest` does, one step away. */
  eachKeptBy(digest: Digest, visit: (kept: Digest, how: 'child' | 'referrer') => void): void {
    for (const child of this.children.get(digest) ?? []) visit(child, 'child');
    for (const follower of this.followers.get(digest) ?? []) visit(follower, 'referrer');
  }

  /** All that can go while `stays` do, each after everything that lists it or that it is about; a circle can't. */
  removable(stays: ReadonlySet<Digest> | ReadonlyMap<Digest, unknown>): Digest[] {
    const held = new Map(this.holders);
    const order = [...this.known].filter((digest) => !stays.has(digest) && !held.get(digest));
    for (const gone of order)
      this.eachKeptBy(gone, (next) => {
        const left = (held.get(next) ?? 0) - 1;
        held.set(next, left);
        if (left === 0 && !stays.has(next)) order.push(next);
      });
    return order;
  }

  private addChild(parent: Digest, child: Digest): void {
    append(this.children, parent, child);
    this.holders.set(child, (this.holders.get(child) ?? 0) + 1);
  }
}

function append(map: Map<Digest, Digest[]>, key: Digest, value: Digest): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
