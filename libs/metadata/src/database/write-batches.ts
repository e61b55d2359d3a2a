import { writeTogether, type SendAll } from './write-together.js';

/** How writes of one kind are done several at once. */
export interface WriteBatchesOptions<Item, Answer> {
  /** The rows an item writes: two that share one are never in the same batch. */
  readonly keysOf: (item: Item) => readonly string[];
  /** The share of a batch that an item takes; together they take no more than 1. */
  readonly shareOf: (item: Item) => number;
  readonly send: SendAll<Item, Answer>;
  /** Where all statements take longer than is patient, so many of this kind wait for an answer, and the connections that are left are for others. */
  readonly most: number;
}

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly keys: readonly string[];
  readonly share: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** More than this share: an item makes others wait, and gains nothing by their company. */
const largestShare = 0.25;
/** Fewer do not go beside another batch: what they would gain is less than it costs. */
const fewest = 4;
/** Of those that wait, so many are looked through for a batch: they may all want the same row. */
const reach = 100;
/** Who was answered together is expected back together, for so long after the answer. */
const companyMs = 3;
/** A statement that takes longer waits for somebody's lock, or for the disk: what has nothing to do with it goes on without. */
const patienceMs = 50;

/**
 * Writes of one kind that share statements and commits. What arrives while one is in flight becomes the next, which goes beside it once it is full,
 * or as large: so many clients fall into two halves, one with PostgreSQL, the other on its way to its clients and back. One that comes alone is
 * sent at once.
 */
export class WriteBatches<Item, Answer> {
  private waiting: Waiting<Item, Answer>[] = [];
  private waitingShares = 0;
  /** Statements that were sent and not answered. */
  private statements = 0;
  /** Those of them that are within their patience. */
  private inFlight = 0;
  /** Items in these. */
  private flying = 0;
  /** One is about to be made up of what waits. */
  private boarding = false;
  private company = { count: 0, until: 0 };
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: WriteBatchesOptions<Item, Answer>) {}

  write(item: Item): Promise<Answer> {
    const share = this.options.shareOf(item);
    if (share > largestShare) return writeTogether([item], this.options.send)[0]!;
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, keys: this.options.keysOf(item), share, resolve, reject });
      this.waitingShares += share;
      this.next();
    });
  }

  private next(): void {
    const { length } = this.waiting;
    if (this.boarding || length === 0 || this.inFlight > 1 || this.statements >= this.options.most) return;
    if (this.inFlight === 1 && this.waitingShares < 1 && length < Math.max(this.flying, fewest)) return;
    const patience = length < this.company.count ? this.company.until - performance.now() : 0;
    if (patience > 0) {
      this.timer ??= setTimeout(() => this.goWithout(), patience);
      return;
    }
    clearTimeout(this.timer);
    this.timer = undefined;
    this.inFlight += 1;
    this.statements += 1;
    this.boarding = true;
    // After the sockets that are readable now: what they bring joins in.
    setImmediate(() => void this.run());
  }

  private goWithout(): void {
    this.timer = undefined;
    this.company.count = 0;
    this.next();
  }

  private async run(): Promise<void> {
    const batch = this.take();
    let landed = false;
    const land = () => {
      if (landed) return;
      landed = true;
      this.inFlight -= 1;
      this.flying -= batch.length;
    };
    this.flying += batch.length;
    this.boarding = false;
    this.next();
    const overdue = setTimeout(() => {
      land();
      this.next();
    }, patienceMs);
    await this.settle(batch);
    clearTimeout(overdue);
    this.company = { count: batch.length, until: performance.now() + companyMs };
    this.statements -= 1;
    land();
    this.next();
  }

  private take(): Waiting<Item, Answer>[] {
    const batch: Waiting<Item, Answer>[] = [];
    const taken = new Set<string>();
    const { length } = this.waiting;
    const most = this.inFlight === 1 && length >= 2 * fewest ? Math.floor(length / 2) : length;
    let shares = 0;
    for (const one of this.waiting.slice(0, reach)) {
      if (one.keys.some((key) => taken.has(key))) continue;
      if (shares + one.share > 1 || batch.length === most) break;
      shares += one.share;
      one.keys.forEach((key) => taken.add(key));
      batch.push(one);
    }
    const gone = new Set(batch);
    this.waiting = this.waiting.filter((one) => !gone.has(one));
    this.waitingShares = this.waiting.length === 0 ? 0 : this.waitingShares - shares;
    return batch;
  }

  private async settle(batch: readonly Waiting<Item, Answer>[]): Promise<void> {
    const items = batch.map(({ item }) => item);
    const outcomes = writeTogether(items, this.options.send);
    await Promise.all(batch.map(({ resolve, reject }, i) => outcomes[i]!.then(resolve, reject)));
  }
}
