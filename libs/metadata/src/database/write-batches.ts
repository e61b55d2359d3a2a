/** How writes of one kind are done several at once. */
export interface WriteBatchesOptions<Item, Answer> {
  /** The rows an item writes: two that share one are never in the same batch. */
  readonly keysOf: (item: Item) => readonly string[];
  /** The share of a batch that an item takes; together they take no more than 1. */
  readonly shareOf: (item: Item) => number;
  /** Writes all of them in one statement, or none and throws; answers in their order. */
  readonly send: (items: readonly Item[]) => Promise<readonly Answer[]>;
  /** Whether a failure says nothing about what became of the items: then none is tried again. */
  readonly isFinal: (error: unknown) => boolean;
}

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

const lanes = 2;
/** More than this share: an item makes others wait, and gains nothing by their company. */
const largestShare = 0.25;
/** Of those that wait, so many are looked through for a batch: they may all want the same row. */
const reach = 100;
/** A statement that takes longer waits for somebody's lock, or for the disk: what has nothing to do with it goes on without. */
const patienceMs = 100;

/**
 * Writes of one kind that share statements and commits: at most two are in flight, and what arrives meanwhile becomes the next. One that
 * comes alone is sent at once. A failure is its item's own: where a batch fails, each of it is tried alone.
 */
export class WriteBatches<Item, Answer> {
  private waiting: Waiting<Item, Answer>[] = [];
  private busy = 0;

  constructor(private readonly options: WriteBatchesOptions<Item, Answer>) {}

  write(item: Item): Promise<Answer> {
    if (this.options.shareOf(item) > largestShare) return this.alone(item);
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.openLane();
    });
  }

  private openLane(): void {
    if (this.busy >= lanes || this.waiting.length === 0) return;
    this.busy += 1;
    // After the sockets that are readable now: what they bring joins in.
    setImmediate(() => void this.runLane());
  }

  private async runLane(): Promise<void> {
    for (let batch = this.take(); batch.length > 0; batch = this.take()) {
      let left = false;
      const leave = setTimeout(() => {
        left = true;
        this.leaveLane();
      }, patienceMs);
      await this.settle(batch);
      clearTimeout(leave);
      if (left) return;
    }
    this.leaveLane();
  }

  private leaveLane(): void {
    this.busy -= 1;
    this.openLane();
  }

  private take(): Waiting<Item, Answer>[] {
    const batch: Waiting<Item, Answer>[] = [];
    const taken = new Set<string>();
    let room = 1;
    for (const one of this.waiting.slice(0, reach)) {
      const keys = this.options.keysOf(one.item);
      if (keys.some((key) => taken.has(key))) continue;
      room -= this.options.shareOf(one.item);
      if (room < 0) break;
      keys.forEach((key) => taken.add(key));
      batch.push(one);
    }
    const gone = new Set(batch);
    this.waiting = this.waiting.filter((one) => !gone.has(one));
    return batch;
  }

  private async settle(batch: readonly Waiting<Item, Answer>[]): Promise<void> {
    try {
      const answers = await this.options.send(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, i) => resolve(answers[i]!));
    } catch (error) {
      if (batch.length === 1 || this.options.isFinal(error)) batch.forEach(({ reject }) => reject(error));
      else await Promise.all(batch.map(({ item, resolve, reject }) => this.alone(item).then(resolve, reject)));
    }
  }

  private async alone(item: Item): Promise<Answer> {
    const [answer] = await this.options.send([item]);
    return answer!;
  }
}
