import type { ManifestPull, PullStore, TagPull } from '#metadata';
import type { Digest, RepositoryName, Tag } from '#oci';
import type { Logger } from '#platform';

interface Pulled<Key> {
  readonly name: RepositoryName;
  readonly key: Key;
  readonly at: number;
}

const everyMs = 10_000;
/** Tags and manifests remembered between two flushes; what is pulled beyond that counts with its next pull. */
const most = 50_000;
const batch = 1_000;

/**
 * When tags and manifests were pulled last: noted in memory, on no request's way, and written every ten seconds and at the end. What a crash
 * or a missing database loses is a hint for retention.
 */
export class PullTimes {
  private tags = new Map<string, Pulled<Tag>>();
  private manifests = new Map<string, Pulled<Digest>>();
  private readonly timer: NodeJS.Timeout;
  private flushing: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: PullStore,
    private readonly logger: Logger,
  ) {
    this.timer = setInterval(() => void this.flush(), everyMs).unref();
  }

  /** A manifest was pulled, by this tag if it was one. */
  note(name: RepositoryName, digest: Digest, tag?: Tag): void {
    const at = performance.now();
    if (tag !== undefined) remember(this.tags, `${name}:${tag}`, { name, key: tag, at });
    remember(this.manifests, `${name}@${digest}`, { name, key: digest, at });
  }

  /** Writes what was noted so far, after what is being written. */
  flush(): Promise<void> {
    this.flushing = this.flushing.then(() => this.write());
    return this.flushing;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  private async write(): Promise<void> {
    const [tags, manifests] = [[...this.tags.values()], [...this.manifests.values()]];
    this.tags = new Map();
    this.manifests = new Map();
    try {
      for (let at = 0; at < Math.max(tags.length, manifests.length); at += batch)
        await this.store.record(
          tags.slice(at, at + batch).map((pulled): TagPull => ({ name: pulled.name, tag: pulled.key, secondsAgo: ageOf(pulled) })),
          manifests
            .slice(at, at + batch)
            .map((pulled): ManifestPull => ({ name: pulled.name, digest: pulled.key, secondsAgo: ageOf(pulled) })),
        );
    } catch (error) {
      this.logger.warn({ err: error }, 'times of pulls are lost');
    }
  }
}

function remember<Key>(pulls: Map<string, Pulled<Key>>, spelled: string, pulled: Pulled<Key>): void {
  if (pulls.size < most || pulls.has(spelled)) pulls.set(spelled, pulled);
}

const ageOf = ({ at }: Pulled<unknown>): number => Math.max((performance.now() - at) / 1_000, 0);
