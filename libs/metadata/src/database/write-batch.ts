import { Batch } from './batch.js';
import { writeTogether, type SendAll } from './write-together.js';

/** So many share a statement, or are tried alone at a time. */
const most = { together: 64, alone: 4 };

interface Numbered<Item> {
  readonly number: number;
  readonly item: Item;
}

/**
 * Writes of one kind that share statements, as lookups do; but each is one request's own, however alike two of them are, and has its own answer.
 */
export class WriteBatch<Item, Outcome> {
  private readonly batch: Batch<Numbered<Item>, PromiseSettledResult<Outcome | null>>;
  private count = 0;

  /** `send` answers null for an item by which nothing was written. */
  constructor(send: SendAll<Item, Outcome | null>) {
    this.batch = new Batch({
      spell: ({ number }) => String(number),
      maxSize: most.together,
      fetch: async (numbered) => {
        const items = numbered.map(({ item }) => item);
        const outcomes = await Promise.allSettled(writeTogether(items, send, most.alone));
        return new Map(outcomes.map((outcome, i) => [String(numbered[i]!.number), outcome]));
      },
    });
  }

  /** Answers null where nothing was written. */
  async write(item: Item): Promise<Outcome | null> {
    this.count += 1;
    const outcome = (await this.batch.load({ number: this.count, item }))!;
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }
}
