import DataLoader from 'dataloader';

/** How a kind of lookup is asked for many keys at once. */
export interface BatchOptions<Key, Value> {
  /** Keys that spell the same are asked once. */
  readonly spell: (key: Key) => string;
  /** One statement for distinct keys; answers what was found by spelling. */
  readonly fetch: (keys: Key[]) => Promise<Map<string, Value>>;
  readonly maxSize?: number;
}

const maxInFlight = 2;

/**
 * Lookups of one kind that share statements: at most two are in flight, and what arrives meanwhile becomes the next. A lookup joins only
 * a batch that is not yet sent, and nothing is remembered: what it answers was true after it was asked.
 */
export class Batch<Key, Value> {
  private readonly loader: DataLoader<Key, Value | null>;
  private inFlight = 0;
  private next: (() => void)[] = [];

  constructor(private readonly options: BatchOptions<Key, Value>) {
    this.loader = new DataLoader((keys) => this.send(keys), {
      cache: false,
      maxBatchSize: options.maxSize ?? 500,
      batchScheduleFn: (send) => this.schedule(send),
    });
  }

  /** Answers null for what is not there. */
  load(key: Key): Promise<Value | null> {
    return this.loader.load(key);
  }

  private schedule(send: () => void): void {
    if (this.inFlight >= maxInFlight) {
      this.next.push(send);
      return;
    }
    this.inFlight += 1;
    // After the sockets that are readable now: what they ask joins in.
    setImmediate(send);
  }

  private async send(keys: readonly Key[]): Promise<(Value | null)[]> {
    const { spell, fetch } = this.options;
    const spelled = keys.map(spell);
    try {
      const found = await fetch([...new Map(keys.map((key, i) => [spelled[i], key])).values()]);
      return spelled.map((spelling) => found.get(spelling) ?? null);
    } finally {
      this.inFlight -= 1;
      const next = this.next.shift();
      if (next) {
        this.inFlight += 1;
        next();
      }
    }
  }
}
